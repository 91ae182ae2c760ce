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
 * CPU time from /proc/PID/task/TID/schedstat (cpu.h): nanoseconds by the
 * clock of the scheduler, where /proc/PID/stat has ticks of 10 ms.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/cpu.h"
#include "common/base/clock.h"

static int	read_process(struct cpu *, long);
static int	read_tasks(long, uint64_t *);
static int	pin_tasks(long, const cpu_set_t *);
static uint64_t	of_process(const struct cpu *, long);

int
cpu_read(struct cpu *c, long pid)
{
	memset(c, 0, sizeof(*c));
	c->cpu_at = clock_mono_ns();
	return (read_process(c, pid));
}

static int
read_process(struct cpu *c, long pid)
{
	struct cpu_process	*cp;
	char			 path[64], line[4096], *p, *end;
	FILE			*fp;
	long			 child;
	int			 error = 0;

	if (c->cpu_n == CPU_PROCESSES_MAX)
		return (-1);
	cp = &c->cpu_processes[c->cpu_n++];
	cp->cp_pid = pid;
	if (read_tasks(pid, &cp->cp_ns) == -1)
		return (-1);
	(void)snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	if ((fp = fopen(path, "r")) == NULL)
		return (-1);
	if (fgets(cp->cp_name, sizeof(cp->cp_name), fp) == NULL)
		error = -1;
	fclose(fp);
	/* It goes into JSON. */
	for (p = cp->cp_name; *p != '\0'; p++) {
		if (*p == '\n')
			*p = '\0';
		else if (*p == '"' || *p == '\\' || *p < ' ')
			*p = '_';
		if (*p == '\0')
			break;
	}
	(void)snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", pid,
	    pid);
	if (error == -1 || (fp = fopen(path, "r")) == NULL)
		return (error);
	if (fgets(line, sizeof(line), fp) != NULL) {
		for (p = line; error == 0 &&
		    (child = strtol(p, &end, 10)) > 0 && end != p; p = end)
			error = read_process(c, child);
	}
	fclose(fp);
	return (error);
}

static int
read_tasks(long pid, uint64_t *ns)
{
	unsigned long long	 ran;
	char			 path[320];
	struct dirent		*de;
	FILE			*fp;
	DIR			*dir;
	int			 error = -1;

	(void)snprintf(path, sizeof(path), "/proc/%ld/task", pid);
	if ((dir = opendir(path)) == NULL)
		return (-1);
	while ((de = readdir(dir)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path),
		    "/proc/%ld/task/%s/schedstat", pid, de->d_name);
		if ((fp = fopen(path, "r")) == NULL)
			continue;
		if (fscanf(fp, "%llu", &ran) == 1) {
			*ns += ran;
			error = 0;
		}
		fclose(fp);
	}
	closedir(dir);
	return (error);
}

static uint64_t
of_process(const struct cpu *c, long pid)
{
	size_t	i;

	for (i = 0; i < c->cpu_n; i++)
		if (c->cpu_processes[i].cp_pid == pid)
			return (c->cpu_processes[i].cp_ns);
	return (0);
}

uint64_t
cpu_spent(const struct cpu *a, const struct cpu *b)
{
	uint64_t	sum = 0;
	size_t		i;

	for (i = 0; i < b->cpu_n; i++)
		sum += b->cpu_processes[i].cp_ns -
		    of_process(a, b->cpu_processes[i].cp_pid);
	return (sum);
}

uint64_t
cpu_most(const struct cpu *a, const struct cpu *b)
{
	uint64_t	ns, most = 0;
	size_t		i;

	for (i = 0; i < b->cpu_n; i++) {
		ns = b->cpu_processes[i].cp_ns -
		    of_process(a, b->cpu_processes[i].cp_pid);
		if (ns > most)
			most = ns;
	}
	return (most);
}

void
cpu_print(const struct cpu *a, const struct cpu *b, uint64_t n)
{
	const struct cpu_process	*cp;
	uint64_t			 ns;
	size_t				 i, k;
	bool				 first = true, known;

	printf("{");
	for (i = 0; i < b->cpu_n; i++) {
		cp = &b->cpu_processes[i];
		for (k = 0, known = false; k < i; k++)
			known = known || strcmp(cp->cp_name,
			    b->cpu_processes[k].cp_name) == 0;
		if (known)
			continue;
		for (k = i, ns = 0; k < b->cpu_n; k++)
			if (strcmp(cp->cp_name,
			    b->cpu_processes[k].cp_name) == 0)
				ns += b->cpu_processes[k].cp_ns - of_process(a,
				    b->cpu_processes[k].cp_pid);
		printf("%s\"%s\":%.3f", first ? "" : ",", cp->cp_name,
		    n == 0 ? 0. : (double)ns / 1e3 / (double)n);
		first = false;
	}
	printf("}");
}

int
cpu_pin(const struct cpu *c, int processor)
{
	cpu_set_t	set;
	size_t		i;
	int		error = 0;

	CPU_ZERO(&set);
	CPU_SET((size_t)processor, &set);
	for (i = 0; i < c->cpu_n; i++)
		if (pin_tasks(c->cpu_processes[i].cp_pid, &set) == -1)
			error = -1;
	return (error);
}

/* A process is its first thread to the scheduler. */
static int
pin_tasks(long pid, const cpu_set_t *set)
{
	char		 path[64];
	struct dirent	*de;
	DIR		*dir;
	int		 error = 0;

	(void)snprintf(path, sizeof(path), "/proc/%ld/task", pid);
	if ((dir = opendir(path)) == NULL)
		return (-1);
	while ((de = readdir(dir)) != NULL)
		if (de->d_name[0] != '.' && sched_setaffinity((pid_t)strtol(
		    de->d_name, NULL, 10), sizeof(*set), set) == -1 &&
		    errno != ESRCH)
			error = -1;
	closedir(dir);
	return (error);
}

uint64_t
cpu_self(void)
{
	struct timespec	ts;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) == -1)
		return (0);
	return ((uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec);
}
