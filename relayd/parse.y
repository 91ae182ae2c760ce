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
 * The grammar of relayd.conf(5) and its lexer.  One statement a line, so
 * that an error costs one line and all of a file's errors are reported; the
 * stanza of a peer has one option a line, or some with ; between them.
 */
%{
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/ipc/limits.h"
#include "relayd/conf.h"
#include "relayd/stanza.h"

#define WORD_BYTES	1024	/* no path or name is longer */
#define ERRORS_MAX	20	/* that are shown */
#define MACROS_MAX	256

#define TEXT_OF(x)	#x
#define TEXT(x)		TEXT_OF(x)
#define MEDIA_MAX_TEXT	TEXT(CONFIG_MEDIA_MAX)

struct macro {
	char	*mc_name;
	char	*mc_value;
	bool	 mc_fixed;	/* from the command line: wins */
};

static struct macro	 macros[MACROS_MAX];
static size_t		 nmacros;

/* The state of the one parser that runs. */
static struct config	*conf;
static FILE		*file;
static const char	*path;
static int		 line;		/* of the last token */
static int		 next_line;
static int		 errors;
static char		 word[WORD_BYTES];	/* last token, as written */
static char		 first[WORD_BYTES];	/* of the line, if no keyword */
static int		 ntokens;		/* of the line so far */
static const char	*stanza;		/* the peer we are in */
static int		 before;		/* errors at its begin */

static int	 yylex(void);
static int	 yyerror(const char *);
static void	 complain(const char *, const char *);
static int	 macro_set(const char *, const char *, bool);
static void	 macros_forget(void);
static const char
		*macro_get(const char *);
static int	 lex_quoted(void);
static int	 lex_bare(int);
static int	 token_of(const char *);
static void	 set_path(char **, char *, size_t);
static void	 set_limit(char *, int64_t, int64_t);
%}

%union {
	int64_t	 number;
	char	*string;
}

%token	LISTEN ON PORT ADVERTISE IDENTITY DATABASE CONTROL SOCKET READONLY
%token	CHROOT USER LEGACY CLIENTS ALLOW DENY REGISTRY STRICT BESTEFFORT
%token	RETENTION ADDRESSES YES NO LIMIT LOG VERBOSE
%token	STEERING NONE MEDIA WORKERS AUTH URL CA FEDERATION RETRY AUTO ALWAYS
%token	RESUMPTION
%token	PEER ADDRESS FINGERPRINT TRANSIT GLOBAL ROOM PROBE
%token	<string>	STRING
%token	<number>	NUMBER UNIT
%type	<number>	port sameport unit
%destructor { free($$); } <string>

%%

grammar		: /* empty */
		| grammar '\n'
		| grammar statement '\n'
		| grammar error '\n'	{ yyerrok; }
		;

statement	: STRING '=' STRING {
			if (macro_set($1, $3, false) == -1)
				complain("bad or too many macros", $1);
			free($1);
			free($3);
		}
		| LISTEN ON STRING port {
			const char *why;

			if (config_listen(conf, $3, (long)$4, &why) == -1)
				complain(why, $3);
			free($3);
		}
		| ADVERTISE STRING sameport {
			const char *why;

			if (config_advertise(conf, $2, (long)$3, &why) == -1)
				complain(why, $2);
			free($2);
		}
		| IDENTITY STRING {
			set_path(&conf->cf_identity, $2, 1024);
		}
		| DATABASE STRING {
			set_path(&conf->cf_database, $2, 256);
		}
		| CONTROL SOCKET STRING {
			/* sun_path, with room for a temporary suffix */
			set_path(&conf->cf_control, $3, 100);
		}
		| CONTROL SOCKET READONLY STRING {
			set_path(&conf->cf_control_ro, $4, 100);
		}
		| CHROOT STRING {
			set_path(&conf->cf_chroot, $2, 256);
		}
		| USER STRING STRING {
			const char *why;

			if (config_user(conf, $2, $3, &why) == -1)
				complain(why, $2);
			free($2);
			free($3);
		}
		| USER STRING NUMBER {
			const char *why;
			char text[32];

			(void)snprintf(text, sizeof(text), "%lld",
			    (long long)$3);
			if (config_user(conf, $2, text, &why) == -1)
				complain(why, $2);
			free($2);
		}
		| LEGACY CLIENTS ALLOW {
			conf->cf_legacy = CHOICE_YES;
		}
		| LEGACY CLIENTS DENY {
			conf->cf_legacy = CHOICE_NO;
		}
		| REGISTRY STRICT {
			conf->cf_settings.registry_best_effort = false;
		}
		| REGISTRY BESTEFFORT {
			conf->cf_settings.registry_best_effort = true;
		}
		| REGISTRY RETENTION NUMBER UNIT {
			/* a century bounds the product too */
			if ($3 < 0 || $3 > INT64_C(3200000000) ||
			    $3 * $4 / 1000 > INT64_C(3200000000))
				complain("that is too long", "retention");
			else
				conf->cf_settings.retention_s =
				    (uint64_t)($3 * $4 / 1000);
		}
		| REGISTRY ADDRESSES YES {
			conf->cf_settings.registry_addresses = true;
		}
		| REGISTRY ADDRESSES NO {
			conf->cf_settings.registry_addresses = false;
		}
		| LIMIT STRING NUMBER unit {
			set_limit($2, $3, $4);
		}
		| STEERING PORT {
			conf->cf_steering = true;
		}
		| STEERING NONE {
			conf->cf_steering = false;
		}
		| MEDIA WORKERS NUMBER {
			if ($3 < 1 || $3 > CONFIG_MEDIA_MAX)
				complain("media workers must be 1 to "
				    MEDIA_MAX_TEXT, "workers");
			else
				conf->cf_media = (unsigned int)$3;
		}
		| AUTH URL STRING {
			const char *why;

			if (config_auth_url(conf, $3, &why) == -1)
				complain(why, $3);
			free($3);
		}
		| AUTH CA STRING {
			set_path(&conf->cf_auth_ca, $3, 256);
		}
		| FEDERATION YES {
			conf->cf_said = CHOICE_YES;
		}
		| FEDERATION NO {
			conf->cf_said = CHOICE_NO;
		}
		| PEER STRING '{' {
			const char *why;

			stanza = $2;
			before = errors;
			if (stanza_begin(conf, $2, &why) == -1)
				complain(why, $2);
		} options closing {
			const char *why;

			if (errors > before)
				stanza_drop(conf);
			else if (stanza_end(conf, &why) == -1)
				complain(why, $2);
			stanza = NULL;
			free($2);
		}
		| GLOBAL ROOM STRING {
			const char *why;

			if (stanza_room(conf, $3, &why) == -1)
				complain(why, $3);
			free($3);
		}
		| PROBE STRING port {
			const char *why;

			if (stanza_probe(conf, $2, (long)$3, &why) == -1)
				complain(why, $2);
			free($2);
		}
		| RESUMPTION YES {
			conf->cf_settings.resumption = true;
		}
		| RESUMPTION NO {
			conf->cf_settings.resumption = false;
		}
		| RETRY AUTO {
			conf->cf_settings.retry_always = false;
		}
		| RETRY ALWAYS {
			conf->cf_settings.retry_always = true;
		}
		| LOG VERBOSE {
			conf->cf_settings.verbose = 1;
		}
		;

options		: /* empty */
		| options separator
		| options option separator
		| options error separator	{ yyerrok; }
		;

separator	: '\n'
		| ';'
		;

closing		: '}'
		| option '}'
		| error '}'	{ yyerrok; }
		;

option		: ADDRESS STRING port {
			const char *why;

			if (stanza_address(conf, $2, (long)$3, &why) == -1)
				complain(why, $2);
			free($2);
		}
		| FINGERPRINT STRING {
			const char *why;

			if (stanza_fingerprint(conf, $2, &why) == -1)
				complain(why, $2);
			free($2);
		}
		| LEGACY {
			stanza_legacy(conf);
		}
		| TRANSIT {
			stanza_transit(conf);
		}
		;

port		: /* empty */	{ $$ = CONFIG_PORT; }
		| PORT NUMBER	{ $$ = $2; }
		;

sameport	: /* empty */	{ $$ = 0; }
		| PORT NUMBER	{ $$ = $2 == 0 ? -1 : $2; }
		;

unit		: /* empty */	{ $$ = 0; }
		| UNIT
		;

%%

static const struct {
	const char	*name;
	int		 token;
	int64_t		 ms;		/* units */
} keywords[] = {
	{ "address", ADDRESS, 0 },
	{ "addresses", ADDRESSES, 0 },
	{ "advertise", ADVERTISE, 0 },
	{ "allow", ALLOW, 0 },
	{ "always", ALWAYS, 0 },
	{ "auth", AUTH, 0 },
	{ "auto", AUTO, 0 },
	{ "best-effort", BESTEFFORT, 0 },
	{ "ca", CA, 0 },
	{ "chroot", CHROOT, 0 },
	{ "clients", CLIENTS, 0 },
	{ "control", CONTROL, 0 },
	{ "database", DATABASE, 0 },
	{ "day", UNIT, 86400000 },
	{ "days", UNIT, 86400000 },
	{ "deny", DENY, 0 },
	{ "federation", FEDERATION, 0 },
	{ "fingerprint", FINGERPRINT, 0 },
	{ "global", GLOBAL, 0 },
	{ "hour", UNIT, 3600000 },
	{ "hours", UNIT, 3600000 },
	{ "identity", IDENTITY, 0 },
	{ "legacy", LEGACY, 0 },
	{ "limit", LIMIT, 0 },
	{ "listen", LISTEN, 0 },
	{ "log", LOG, 0 },
	{ "media", MEDIA, 0 },
	{ "milliseconds", UNIT, 1 },
	{ "minute", UNIT, 60000 },
	{ "minutes", UNIT, 60000 },
	{ "no", NO, 0 },
	{ "none", NONE, 0 },
	{ "on", ON, 0 },
	{ "peer", PEER, 0 },
	{ "port", PORT, 0 },
	{ "probe", PROBE, 0 },
	{ "read-only", READONLY, 0 },
	{ "registry", REGISTRY, 0 },
	{ "resumption", RESUMPTION, 0 },
	{ "retention", RETENTION, 0 },
	{ "retry", RETRY, 0 },
	{ "room", ROOM, 0 },
	{ "second", UNIT, 1000 },
	{ "seconds", UNIT, 1000 },
	{ "socket", SOCKET, 0 },
	{ "steering", STEERING, 0 },
	{ "strict", STRICT, 0 },
	{ "transit", TRANSIT, 0 },
	{ "url", URL, 0 },
	{ "user", USER, 0 },
	{ "verbose", VERBOSE, 0 },
	{ "workers", WORKERS, 0 },
	{ "yes", YES, 0 },
};

static int
yyerror(const char *msg)
{
	/* Not the word behind it is wrong but the one nobody knows. */
	if (stanza != NULL && word[0] == '\0')
		complain("a stanza without its closing brace", stanza);
	else if (stanza != NULL && ntokens == 1 && first[0] != '\0')
		complain("unknown option of a peer", first);
	else if (ntokens == 2 && first[0] != '\0')
		complain("unknown statement", first);
	else
		complain(msg, word);
	return (0);
}

static void
complain(const char *msg, const char *near)
{
	char	shown[128];

	/* A file of garbage has one for each of its words. */
	if (++errors > ERRORS_MAX) {
		if (errors == ERRORS_MAX + 1)
			config_error("%s:%d: more errors follow", path, line);
		return;
	}
	if (near[0] == '\n')
		config_error("%s:%d: %s at the end of the line", path, line,
		    msg);
	else if (near[0] == '\0')
		config_error("%s:%d: %s at the end of the file", path, line,
		    msg);
	else
		config_error("%s:%d: %s near '%s'", path, line, msg,
		    log_escape(shown, sizeof(shown), near, strlen(near)));
}

static void
set_path(char **slot, char *value, size_t max)
{
	const char	*why;

	if (config_path(slot, value, max, &why) == -1)
		complain(why, value);
	free(value);
}

static void
set_limit(char *name, int64_t value, int64_t unit)
{
	const struct limit	*li;
	char			 text[160];

	if ((li = limit_by_name(name)) == NULL)
		complain("no such limit", name);
	else if (li->li_unit == LIMIT_TIME && unit == 0)
		complain("a time needs a unit, such as seconds", name);
	else if (li->li_unit != LIMIT_TIME && unit != 0)
		complain("a count has no unit", name);
	else if (value < 0 ||
	    (unit > 1 && value > INT64_MAX / unit) ||
	    limit_set(&conf->cf_settings, li,
	    (uint64_t)(unit > 0 ? value * unit : value)) == -1) {
		(void)snprintf(text, sizeof(text), "limit must be %llu to "
		    "%llu%s", (unsigned long long)li->li_min,
		    (unsigned long long)li->li_max,
		    li->li_unit == LIMIT_TIME ? " milliseconds" : "");
		complain(text, name);
	}
	free(name);
}

static int
macro_set(const char *name, const char *value, bool fixed)
{
	struct macro	*mc;
	size_t		 i;
	char		*copy;

	if (name[0] == '\0')
		return (-1);
	for (i = 0; name[i] != '\0'; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return (-1);
	for (i = 0; i < nmacros; i++)
		if (strcmp(macros[i].mc_name, name) == 0)
			break;
	mc = &macros[i];
	if (i < nmacros && mc->mc_fixed && !fixed)
		return (0);
	if (i == MACROS_MAX || strlen(value) >= WORD_BYTES ||
	    (copy = strdup(value)) == NULL)
		return (-1);
	if (i == nmacros) {
		if ((mc->mc_name = strdup(name)) == NULL) {
			free(copy);
			return (-1);
		}
		nmacros++;
	} else
		free(mc->mc_value);
	mc->mc_value = copy;
	mc->mc_fixed = fixed;
	return (0);
}

/* Macros of the command line stay for the next time a file is read. */
static void
macros_forget(void)
{
	size_t	i, kept = 0;

	for (i = 0; i < nmacros; i++)
		if (macros[i].mc_fixed)
			macros[kept++] = macros[i];
		else {
			free(macros[i].mc_name);
			free(macros[i].mc_value);
		}
	memset(macros + kept, 0, (nmacros - kept) * sizeof(macros[0]));
	nmacros = kept;
}

static const char *
macro_get(const char *name)
{
	size_t	i;

	for (i = 0; i < nmacros; i++)
		if (strcmp(macros[i].mc_name, name) == 0)
			return (macros[i].mc_value);
	return (NULL);
}

int
config_define(const char *definition)
{
	char	name[WORD_BYTES];
	size_t	len;

	len = strcspn(definition, "=");
	if (definition[len] != '=' || len >= sizeof(name))
		return (-1);
	memcpy(name, definition, len);
	name[len] = '\0';
	return (macro_set(name, definition + len + 1, true));
}

/* The rest of a quoted string, on one line, without escapes. */
static int
lex_quoted(void)
{
	size_t	len = 0;
	int	c;

	while ((c = getc(file)) != '"') {
		if (c == '\n' || c == EOF || c == '\0' ||
		    len + 1 >= sizeof(word)) {
			word[len] = '\0';
			complain(len + 1 >= sizeof(word) ?
			    "string too long" : "string without an end",
			    word);
			if (c == '\n')
				(void)ungetc(c, file);
			return (YYerror);
		}
		word[len++] = (char)c;
	}
	word[len] = '\0';
	if ((yylval.string = strdup(word)) == NULL)
		fatal("%s", path);
	return (STRING);
}

static int
lex_bare(int c)
{
	const char	*value = word;
	size_t		 len = 0;
	int		 token;

	do {
		if (len + 1 >= sizeof(word)) {
			word[len] = '\0';
			complain("word too long", word);
			return (YYerror);
		}
		word[len++] = (char)c;
		c = getc(file);
	} while (c != EOF && (isalnum(c) || strchr("._-:/@+[]$", c) != NULL)
	    && c != '\0');
	word[len] = '\0';
	(void)ungetc(c, file);
	if (word[0] == '$' && (value = macro_get(word + 1)) == NULL) {
		complain("macro not defined", word);
		return (YYerror);
	}
	token = token_of(value);
	if (token == STRING && ntokens == 1)
		memcpy(first, word, len + 1);
	return (token);
}

/* A keyword, a number, or a string. */
static int
token_of(const char *text)
{
	size_t	 i;
	char	*end;

	if (text[0] != '\0' && strspn(text, "0123456789") == strlen(text)) {
		errno = 0;
		yylval.number = strtoll(text, &end, 10);
		if (errno == 0)
			return (NUMBER);
		complain("number too large", text);
		return (YYerror);
	}
	if (text == word)
		for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
			if (strcmp(keywords[i].name, text) == 0) {
				yylval.number = keywords[i].ms;
				return (keywords[i].token);
			}
	if ((yylval.string = strdup(text)) == NULL)
		fatal("%s", path);
	return (STRING);
}

static int
yylex(void)
{
	int	c;

	line = next_line;
	if (strchr("\n{;", word[0]) != NULL)
		ntokens = 0;
	if (++ntokens == 1)
		first[0] = '\0';
	do {
		c = getc(file);
		if (c == '#')
			while ((c = getc(file)) != '\n' && c != EOF)
				;
	} while (c == ' ' || c == '\t' || c == '\r');
	if (c == EOF) {
		/* The last line may lack its newline. */
		if (word[0] != '\n' && word[0] != '\0') {
			memcpy(word, "\n", 2);
			return ('\n');
		}
		word[0] = '\0';
		return (0);
	}
	if (c == '\n') {
		memcpy(word, "\n", 2);
		next_line++;
		return (c);
	}
	if (c == '"')
		return (lex_quoted());
	if (isalnum(c) || (c != '\0' && strchr("._-:/@+[]$", c) != NULL))
		return (lex_bare(c));
	word[0] = (char)c;
	word[1] = '\0';
	return (c != '\0' && strchr("={};", c) != NULL ? c : YYUNDEF);
}

int
parse_config(struct config *cf, FILE *f, const char *name)
{
	conf = cf;
	file = f;
	path = name;
	line = next_line = 1;
	errors = 0;
	stanza = NULL;
	word[0] = '\0';
	if (yyparse() != 0 && errors == 0)
		errors++;
	stanza = NULL;
	macros_forget();
	return (errors);
}
