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
 * Another program at the relay's database.
 *
 *	sql [-h file] [-w ms] database statements
 *
 * Rows go to standard output.  -h: FILE.up is made then, and the database
 * stays open, with what is locked, until FILE is there.  -w: how long to wait
 * for locks of others.
 */
#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

#include "regress/siege/hold.h"

static int
row(void *arg, int n, char **values, char **names)
{
	int	i;

	(void)arg;
	(void)names;
	for (i = 0; i < n; i++)
		printf("%s%s", i == 0 ? "" : "|",
		    values[i] == NULL ? "" : values[i]);
	printf("\n");
	return (0);
}

int
main(int argc, char **argv)
{
	sqlite3		*db;
	const char	*wait = NULL;
	char		*why = NULL;
	int		 ch, ms = 5000;

	while ((ch = getopt(argc, argv, "h:w:")) != -1) {
		switch (ch) {
		case 'h':
			wait = optarg;
			break;
		case 'w':
			ms = (int)strtol(optarg, NULL, 10);
			break;
		default:
			return (2);
		}
	}
	if (argc != optind + 2) {
		fprintf(stderr, "usage: sql [-h file] [-w ms] database "
		    "statements\n");
		return (2);
	}
	if (sqlite3_open(argv[optind], &db) != SQLITE_OK)
		errx(1, "%s: %s", argv[optind], sqlite3_errmsg(db));
	(void)sqlite3_busy_timeout(db, ms);
	if (sqlite3_exec(db, argv[optind + 1], row, NULL, &why) != SQLITE_OK)
		errx(1, "%s: %s", argv[optind], why);
	if (wait != NULL)
		hold(wait);
	return (sqlite3_close(db) == SQLITE_OK ? 0 : 1);
}
