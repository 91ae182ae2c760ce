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
 * Fuzz target: relayd.conf.  What is taken prints, is taken again, and prints
 * the same; what is not taken says where and why.  No other file is opened:
 * neither the ones it names nor any.
 *
 * Linked with --wrap=open (local.mk).
 *
 * COVERS: fuzzing - configuration: corpus of the target
 */

#include "config.h"

#include <sys/mman.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ipc/limits.h"
#include "relayd/conf.h"
#include "regress/fuzz/fuzz.h"

/* Goes to __real_open() unless it is the input. */
#define NAME		"fuzz.conf"
#define INPUT_MAX	65536	/* a long one only takes time */
#define PRINT_MAX	(4 * 1024 * 1024)

int		 __real_open(const char *, int, ...);
int		 __wrap_open(const char *, int, ...);

const char *const	fuzz_faults[] = { "print", "why", "file", "limit",
			    NULL };

static const uint8_t	*text;
static size_t		 text_len;
static unsigned int	 opened;
static bool		 loading;

static struct config	*load(const uint8_t *, size_t);
static void		 check(const struct config *);
static size_t		 print(const struct config *, char *);

int
__wrap_open(const char *path, int flags, ...)
{
	va_list		ap;
	unsigned int	mode;
	int		fd;

	if (!loading) {
		va_start(ap, flags);
		mode = (flags & O_CREAT) != 0 ? va_arg(ap, unsigned int) : 0;
		va_end(ap);
		return (__real_open(path, flags, mode));
	}
	FUZZ_CHECK(strcmp(path, NAME) == 0 &&
	    (flags & O_ACCMODE) == O_RDONLY);
	opened++;
	fd = memfd_create(NAME, MFD_CLOEXEC);
	FUZZ_CHECK(fd != -1 &&
	    write(fd, text, text_len) == (ssize_t)text_len &&
	    lseek(fd, 0, SEEK_SET) == 0);
	return (fd);
}

static struct config *
load(const uint8_t *p, size_t len)
{
	struct config	*cf;
	uint8_t		*copy;

	copy = fuzz_copy(p, len);
	text = copy;
	text_len = len;
	opened = 0;
	fuzz_lines = 0;
	loading = true;
	cf = config_load(NAME);
	loading = false;
	FUZZ_CHECK(fuzz_fault("file") != (opened == 1));
	free(copy);
	if (fuzz_fault("why") && cf == NULL)
		fuzz_lines = 0;
	FUZZ_CHECK((cf == NULL) == (fuzz_lines > 0));
	FUZZ_CHECK(cf != NULL || (config_error_text()[0] != '\0' &&
	    strncmp(config_error_text(), NAME, strlen(NAME)) == 0));
	return (cf);
}

/* The bounds that the header promises. */
static void
check(const struct config *cf)
{
	const struct listener	*ln;
	size_t			 i, n = 0;

	TAILQ_FOREACH(ln, &cf->cf_listeners, ln_entry) {
		FUZZ_CHECK(addr_port(&ln->ln_addr) != 0);
		n++;
	}
	FUZZ_CHECK(n == cf->cf_nlisteners && n >= 1 &&
	    n <= CONFIG_LISTENERS_MAX);
	FUZZ_CHECK(cf->cf_media >= 1 && cf->cf_media <= CONFIG_MEDIA_MAX);
	FUZZ_CHECK(cf->cf_npeers <= PEERS_MAX);
	FUZZ_CHECK(cf->cf_legacy != CHOICE_UNSET);
	FUZZ_CHECK(cf->cf_identity[0] == '/' && cf->cf_database[0] == '/' &&
	    cf->cf_control[0] == '/' && strlen(cf->cf_control) < 100);
	for (i = 0; i < LIMITS; i++)
		FUZZ_CHECK(fuzz_fault("limit") !=
		    (limit_get(&cf->cf_settings, &limit_table[i]) >=
		    limit_table[i].li_min && limit_get(&cf->cf_settings,
		    &limit_table[i]) <= limit_table[i].li_max));
	for (i = 0; i < PROC_MAX; i++)
		FUZZ_CHECK(cf->cf_users[i] == NULL ||
		    (strlen(cf->cf_users[i]) >= 1 &&
		    strlen(cf->cf_users[i]) <= 31));
	(void)config_wants(cf, PROC_LOOKUPD);
}

static size_t
print(const struct config *cf, char *buf)
{
	FILE	*f;
	long	 n;

	f = fmemopen(buf, PRINT_MAX, "w");
	FUZZ_CHECK(f != NULL);
	config_print(cf, f);
	FUZZ_CHECK(fflush(f) == 0 && (n = ftell(f)) > 0 && n < PRINT_MAX);
	(void)fclose(f);
	return ((size_t)n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char	 first[PRINT_MAX], second[PRINT_MAX];
	struct config	*cf;
	size_t		 n, m;

	fuzz_quiet();
	if (len > INPUT_MAX || (cf = load(data, len)) == NULL)
		return (0);
	check(cf);
	n = print(cf, first);
	config_free(cf);
	cf = load((const uint8_t *)first, n);
	FUZZ_CHECK(cf != NULL);
	check(cf);
	m = print(cf, second);
	config_free(cf);
	if (fuzz_fault("print"))
		second[m / 2] ^= 1;
	FUZZ_CHECK(n == m && memcmp(first, second, n) == 0);
	return (0);
}
