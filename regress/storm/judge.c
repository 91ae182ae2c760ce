/*
 * Copyright (c) 2026 the WZP authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */

/*
 * storm-judge [-dmx] [-g gaps] [-p process] log kills registry
 *
 * -d: the registry is as a registryd left it that was killed a moment ago, and
 * the log ends there: ends of calls, which nobody waits for, may be missing.
 * -m: the calls that last are still on; without it, everybody has left.
 * -g: a file of lines `N AUDIO_GAP_MS', what the recording of client N has.
 * -x: nothing is killed; media must not be lost by the crowd at the door.
 *
 * A figure is named with its goal; past three times the goal it is a fault.
 * The longest time for which the storm itself got no processor is no fault of
 * the relay, and comes on top.
 */

#include "config.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/ipc/messages.h"
#include "regress/storm/judge.h"

#define POLLS		100	/* of 100 ms, for the registry to catch up */
#define FAULTS_TOLD	10
#define GOAL_SENDER	2.0
#define GOAL_IDLE	5.0
#define GOAL_ORIGINAL	8.0
#define GOAL_GAP_MS	30.0
#define GOAL_MOVED_MS	60.0	/* a packet each way is lost with the port */
#define SLACK		3.0
/* The storm must have been one: of the set-ups asked for, in percent. */
#define OFFERS_LEAST	15
#define LOST_PPM	1000.0	/* of media, while others come and go */
#define LOST_REBOUND	2.0	/* on their way to a port that is no more */
#define LOST_STALL	0.002	/* ... and to one that is not yet known */

static void	 judge_calls(struct judge *, bool);
static unsigned int
		 judge_calls_quiet(struct judge *, bool, bool);
static void	 judge_dead(struct judge *);
static void	 judge_times(struct judge *);
static void	 judge_figure(struct judge *, const char *,
		    const struct figure *, double);
static void	 judge_gaps(struct judge *, const char *);
static void	 judge_storm(struct judge *, bool, bool);
static const char
		*state_name(int);
static const char
		*reason_name(int);

int
main(int argc, char *argv[])
{
	static struct judge	j;
	const char		*gaps = NULL;
	bool			 middle = false, crowd = false, dead = false;
	int			 ch;

	j.ju_process = "";
	while ((ch = getopt(argc, argv, "dg:mp:x")) != -1) {
		switch (ch) {
		case 'd':
			dead = true;
			break;
		case 'g':
			gaps = optarg;
			break;
		case 'm':
			middle = true;
			break;
		case 'p':
			j.ju_process = optarg;
			break;
		case 'x':
			crowd = true;
			break;
		default:
			optind = argc;
			break;
		}
	}
	if (argc - optind != 3) {
		fprintf(stderr, "usage: storm-judge [-dmx] [-g gaps] "
		    "[-p process] log kills registry\n");
		return (2);
	}
	if (judge_kills(&j, argv[optind + 1]) == -1 ||
	    judge_log(&j, argv[optind]) == -1)
		return (2);
	if (dead) {
		if (judge_registry(&j, argv[optind + 2]) == -1)
			return (2);
		judge_dead(&j);
		return (j.ju_faults > 0);
	}
	for (ch = 0; ch < POLLS; ch++) {
		if (judge_registry(&j, argv[optind + 2]) == -1)
			return (2);
		if (judge_calls_quiet(&j, middle, false) == 0)
			break;
		(void)nanosleep(&(struct timespec){ .tv_nsec = 100000000 },
		    NULL);
	}
	judge_calls(&j, middle);
	judge_storm(&j, middle, crowd);
	if (!middle) {
		judge_times(&j);
		if (gaps != NULL)
			judge_gaps(&j, gaps);
	}
	if (j.ju_faults > 0)
		printf("%u faults\n", j.ju_faults);
	return (j.ju_faults > 0);
}

void
judge_fault(struct judge *j, const char *fmt, ...)
{
	va_list	ap;

	if (j->ju_faults++ >= FAULTS_TOLD)
		return;
	printf("fault: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/*
 * What was acknowledged to the caller is in the registry, once, and its state
 * there is the one that the caller knows.
 */
static unsigned int
judge_calls_quiet(struct judge *j, bool middle, bool say)
{
	const struct jcall	*c;
	unsigned int		 n = 0;
	size_t			 i;
	int			 want;

	for (i = 0; i < j->ju_ncalls; i++) {
		c = &j->ju_calls[i];
		if (!c->jc_ringing && !c->jc_setup) {
			/* Not promised; but if it is there, it has ended. */
			if (middle || c->jc_rows == 0 ||
			    c->jc_state == CALL_ENDED)
				continue;
			n++;
			if (say)
				judge_fault(j, "call %s, never acknowledged, "
				    "is %s in the registry", c->jc_id,
				    state_name(c->jc_state));
			continue;
		}
		if (c->jc_rows != 1) {
			n++;
			if (say)
				judge_fault(j, "call %s was acknowledged (%s) "
				    "and is %u times in the registry",
				    c->jc_id, c->jc_setup ? "CallSetup" :
				    "CallRinging", c->jc_rows);
			continue;
		}
		if (c->jc_setup && !c->jc_answered) {
			n++;
			if (say)
				judge_fault(j, "call %s was set up, but not "
				    "answered in the registry", c->jc_id);
		}
		want = CALL_ENDED;
		if (middle) {
			/* Not ended as far as its caller knows. */
			if (c->jc_setup && !c->jc_ended)
				want = CALL_ACTIVE;
			else if (!c->jc_normal || (c->jc_original &&
			    judge_may_end(j)))
				/* Those do not repeat a Hangup. */
				continue;
		}
		if (c->jc_state != want) {
			n++;
			if (say)
				judge_fault(j, "call %s is %s in the "
				    "registry, not %s", c->jc_id,
				    state_name(c->jc_state),
				    state_name(want));
			continue;
		}
		if (!middle && c->jc_normal && !judge_may_end(j) &&
		    c->jc_reason != CALL_REASON_NORMAL) {
			n++;
			if (say)
				judge_fault(j, "call %s was hung up, but "
				    "ended by %s in the registry", c->jc_id,
				    reason_name(c->jc_reason));
		}
	}
	return (n);
}

/* No one is left to write anything once more: it is there, or it is lost. */
static void
judge_dead(struct judge *j)
{
	const struct jcall	*c;
	unsigned int		 rung = 0, setup = 0;
	size_t			 i;

	for (i = 0; i < j->ju_ncalls; i++) {
		c = &j->ju_calls[i];
		if (!c->jc_ringing && !c->jc_setup)
			continue;
		rung++;
		setup += c->jc_setup;
		if (c->jc_rows != 1)
			judge_fault(j, "call %s was acknowledged (%s) and is "
			    "%u times in the registry", c->jc_id, c->jc_setup ?
			    "CallSetup" : "CallRinging", c->jc_rows);
		else if (c->jc_setup && (!c->jc_answered ||
		    c->jc_state < CALL_ACTIVE))
			judge_fault(j, "call %s was set up, but is %s in the "
			    "registry", c->jc_id, state_name(c->jc_state));
	}
	printf("calls: acknowledged %u, set up %u\n", rung, setup);
	if (rung == 0)
		judge_fault(j, "no call was acknowledged");
	if (j->ju_faults > 0)
		printf("%u faults\n", j->ju_faults);
}

static void
judge_calls(struct judge *j, bool middle)
{
	unsigned int	rung = 0, setup = 0, active = 0, normal = 0, ended = 0;
	size_t		i;

	(void)judge_calls_quiet(j, middle, true);
	for (i = 0; i < j->ju_ncalls; i++) {
		rung += j->ju_calls[i].jc_ringing || j->ju_calls[i].jc_setup;
		setup += j->ju_calls[i].jc_setup;
		active += j->ju_calls[i].jc_state == CALL_ACTIVE;
		ended += j->ju_calls[i].jc_state == CALL_ENDED;
		normal += j->ju_calls[i].jc_state == CALL_ENDED &&
		    j->ju_calls[i].jc_reason == CALL_REASON_NORMAL;
	}
	printf("calls: offered %zu, acknowledged %u, set up %u; registry: "
	    "active %u, ended %u, of these normal %u\n", j->ju_ncalls, rung,
	    setup, active, ended, normal);
	if (rung == 0)
		judge_fault(j, "no call was acknowledged");
}

/* Everything dies with relayd; the door to signald is open to all. */
bool
judge_may_end(const struct judge *j)
{
	return (strcmp(j->ju_process, "relayd") == 0 ||
	    strcmp(j->ju_process, "signald") == 0);
}

static const char *
state_name(int state)
{
	return (call_state_name((enum call_state)state));
}

static const char *
reason_name(int reason)
{
	return (call_reason_name((enum call_reason)reason));
}

static void
judge_storm(struct judge *j, bool middle, bool crowd)
{
	double	seconds, least;
	bool	all = strcmp(j->ju_process, "relayd") == 0;

	if (j->ju_steady == 0 || j->ju_settled == 0) {
		judge_fault(j, "there was no storm");
		return;
	}
	if (!middle && !j->ju_end)
		judge_fault(j, "the clients have not left");
	if (!crowd && j->ju_nkills == 0)
		judge_fault(j, "nothing was killed");
	if (j->ju_unsettled > 0)
		judge_fault(j, "the clients do not come to rest");
	if (j->ju_gone > 0)
		judge_fault(j, "%u clients gave up", j->ju_gone);
	if (j->ju_left_behind > 0)
		judge_fault(j, "%u clients could not leave",
		    j->ju_left_behind);
	if (j->ju_live_ended > 0 && !all)
		judge_fault(j, "%u calls that were to last ended",
		    j->ju_live_ended);
	if (j->ju_lost_why > 0)
		judge_fault(j, "%u registrations were lost that nobody cut",
		    j->ju_lost_why);
	/* Calls end with relayd; who believes to be in is refused later. */
	if (j->ju_media_why > 0 && !all)
		judge_fault(j, "%u media connections were lost that nobody "
		    "cut", j->ju_media_why);
	seconds = j->ju_settled - j->ju_steady;
	least = seconds * j->ju_rate * OFFERS_LEAST / 100.0;
	/* The storm is over before all is quiet. */
	if (j->ju_nkills > 0)
		least = (j->ju_kills[j->ju_nkills - 1].ki_t - j->ju_steady) *
		    j->ju_rate * OFFERS_LEAST / 100.0;
	printf("storm: %.1f s, %u set-ups, %zu kills, stuck %u, alone %u, "
	    "refused %u\n", seconds, j->ju_offers, j->ju_nkills, j->ju_stuck,
	    j->ju_alone, j->ju_refused);
	if (j->ju_offers < least)
		judge_fault(j, "%u set-ups are no storm", j->ju_offers);
	if (middle)
		return;
	printf("media of the calls that last: sent %.0f, received %.0f, lost "
	    "%.0f, longest silence %.0f ms; the storm itself stood still for "
	    "%.0f ms of 5 s\n", j->ju_sent, j->ju_received, j->ju_lost,
	    j->ju_gap_ms, j->ju_stall_ms);
	if (!crowd)
		return;
	printf("crowd: %.0f came and left, %.0f did not get in, %u new "
	    "ports\n", j->ju_passed, j->ju_failed, j->ju_rebound);
	if (j->ju_lost > (j->ju_received * LOST_PPM / 1e6 +
	    j->ju_rebound * (LOST_REBOUND + j->ju_stall_ms * LOST_STALL)) *
	    SLACK)
		judge_fault(j, "%.0f media packets of %.0f were lost",
		    j->ju_lost, j->ju_received);
	if (j->ju_failed * 100 > j->ju_passed)
		judge_fault(j, "%.0f attempts failed", j->ju_failed);
}

static void
judge_times(struct judge *j)
{
	const struct jpeer	*p;
	size_t			 i, k;

	judge_figure(j, "senders (registered again)",
	    &j->ju_back[JUDGE_LIVE][0], GOAL_SENDER);
	judge_figure(j, "senders as the original (registered again)",
	    &j->ju_back[JUDGE_LIVE][1], GOAL_ORIGINAL);
	judge_figure(j, "those of the set-ups", &j->ju_back[JUDGE_POOL][0],
	    GOAL_IDLE);
	judge_figure(j, "those of the set-ups, as the original",
	    &j->ju_back[JUDGE_POOL][1], GOAL_ORIGINAL);
	judge_figure(j, "idle ones", &j->ju_back[JUDGE_IDLE][0], GOAL_IDLE);
	judge_figure(j, "idle ones as the original",
	    &j->ju_back[JUDGE_IDLE][1], GOAL_ORIGINAL);
	/* With relayd all calls end: there is no media to come back to. */
	if (strcmp(j->ju_process, "relayd") != 0)
		judge_figure(j, "media", &j->ju_media, GOAL_SENDER);
	/* Whose registration was cut is registered again. */
	for (i = 0; i < j->ju_npeers; i++) {
		p = &j->ju_peers[i];
		for (k = 0; p->jp_there && k < j->ju_nkills; k++)
			if (j->ju_kills[k].ki_signal &&
			    j->ju_kills[k].ki_t >= p->jp_registered) {
				judge_fault(j, "client %zu never came back",
				    i);
				break;
			}
	}
}

static void
judge_figure(struct judge *j, const char *what, const struct figure *f,
    double goal)
{
	if (f->fi_n == 0)
		return;
	printf("back: %s: %u times, mean %.2f s, longest %.2f s (goal %.0f "
	    "s)%s\n", what, f->fi_n, f->fi_sum / f->fi_n, f->fi_max, goal,
	    f->fi_max > goal ? " MISSED" : "");
	if (f->fi_max > goal * SLACK + j->ju_stall_ms / 1e3)
		judge_fault(j, "%s took %.2f s to be back", what, f->fi_max);
}

static void
judge_gaps(struct judge *j, const char *path)
{
	FILE		*f;
	double		 ms, most = 0, goal;
	unsigned int	 i, n = 0;
	bool		 all = strcmp(j->ju_process, "relayd") == 0;

	goal = j->ju_rebound > 0 ? GOAL_MOVED_MS : GOAL_GAP_MS;
	if ((f = fopen(path, "r")) == NULL)
		err(2, "%s", path);
	while (fscanf(f, "%u %lf", &i, &ms) == 2) {
		if (i >= j->ju_npeers || j->ju_peers[i].jp_hit || all)
			continue;
		n++;
		if (ms > most)
			most = ms;
		if (ms > goal * SLACK + j->ju_stall_ms)
			judge_fault(j, "client %u heard a gap of %.0f ms", i,
			    ms);
	}
	fclose(f);
	printf("audio_gap_ms=%.0f in %u recordings of calls that were not cut "
	    "(goal %.0f)%s\n", most, n, goal,
	    most > goal ? " MISSED" : "");
}
