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
 * The files a client keeps: its identity, the relays it knows.
 *
 * COVERS: limit client files - identity made 0600, never replaced, refused
 * COVERS: gap 49 - identity made 0600, refused if others can read it
 *	when corrupt, readable by others, or a link; pins new, same, changed,
 *	corrupt
 */

#include "config.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/identity_store.h"
#include "client/pins.h"

#define FP_A	"00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:"	\
	"00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff"
#define FP_B	"01:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:"	\
	"00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff"
#define FP_C	"0g:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:"	\
	"00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff"

static char	directory[64];
static char	path[128];

static int
make_directory(void **state)
{
	(void)state;
	(void)strlcpy(directory, "/tmp/wzp-files.XXXXXXXXXX",
	    sizeof(directory));
	if (mkdtemp(directory) == NULL)
		return (-1);
	(void)snprintf(path, sizeof(path), "%s/file", directory);
	return (0);
}

static int
remove_directory(void **state)
{
	(void)state;
	(void)unlink(path);
	return (rmdir(directory));
}

static void
put(const char *text, size_t len, mode_t mode)
{
	int	fd;

	(void)unlink(path);
	assert_int_not_equal(fd = open(path, O_WRONLY | O_CREAT | O_EXCL,
	    0600), -1);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

/* The whole file as a string. */
static const char *
get(void)
{
	static char	buf[4096];
	ssize_t		n;
	int		fd;

	assert_int_not_equal(fd = open(path, O_RDONLY), -1);
	n = read(fd, buf, sizeof(buf) - 1);
	assert_true(n >= 0);
	buf[n] = '\0';
	assert_int_equal(close(fd), 0);
	return (buf);
}

static void
test_identity_new(void **state)
{
	struct identity	a, b;
	struct stat	st;
	char		why[256], text[80];
	bool		created;

	(void)state;
	assert_int_equal(identity_store_load(path, &a, &created, why,
	    sizeof(why)), 0);
	assert_true(created);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	(void)strlcpy(text, get(), sizeof(text));
	assert_int_equal(strlen(text), 65);
	assert_int_equal(strspn(text, "0123456789abcdef"), 64);

	/* The same again, and not written again. */
	assert_int_equal(identity_store_load(path, &b, &created, why,
	    sizeof(why)), 0);
	assert_false(created);
	assert_memory_equal(a.id_pub, b.id_pub, 32);
	assert_string_equal(get(), text);

	/* Another file, another identity. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(identity_store_load(path, &b, &created, why,
	    sizeof(why)), 0);
	assert_true(created);
	assert_memory_not_equal(a.id_pub, b.id_pub, 32);

	/* A known seed, in capitals and without newline (4.3). */
	put("AA112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF",
	    64, 0600);
	assert_int_equal(identity_store_load(path, &a, &created, why,
	    sizeof(why)), 0);
	put(" aa112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	    "\n\n", 67, 0400);
	assert_int_equal(identity_store_load(path, &b, &created, why,
	    sizeof(why)), 0);
	assert_false(created);
	assert_memory_equal(a.id_pub, b.id_pub, 32);
}

static void
test_identity_bad(void **state)
{
	static const char	good[] = "aa112233445566778899aabbccddeeff00112"
				    "233445566778899aabbccddeeff\n";
	static const struct {
		const char	*text;
		mode_t		 mode;
		const char	*why;
	} bad[] = {
		{ "", 0600, "corrupt" },
		{ "\n", 0600, "corrupt" },
		{ "aa112233", 0600, "corrupt" },
		{ "xx112233445566778899aabbccddeeff00112233445566778899aabbccdd"
		    "eeff", 0600, "corrupt" },
		{ "aa112233445566778899aabbccddeeff00112233445566778899aabbccdd"
		    "eeff00", 0600, "corrupt" },
		{ good, 0640, "others may read" },
		{ good, 0604, "others may read" },
		{ good, 0620, "others may read" },
	};
	struct identity	id;
	struct stat	st;
	char		why[256], link[128], big[400];
	bool		created;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(bad[i].text, strlen(bad[i].text), bad[i].mode);
		assert_int_equal(identity_store_load(path, &id, &created, why,
		    sizeof(why)), -1);
		assert_non_null(strstr(why, bad[i].why));
		assert_non_null(strstr(why, path));
		/* As it was. */
		assert_string_equal(get(), bad[i].text);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, bad[i].mode);
	}
	memset(big, ' ', sizeof(big));
	memcpy(big, good, 64);
	put(big, sizeof(big), 0600);
	assert_int_equal(identity_store_load(path, &id, &created, why,
	    sizeof(why)), -1);

	/* A link, a directory, a place that cannot be written. */
	put(good, strlen(good), 0600);
	assert_int_equal(identity_store_load(path, &id, &created, why,
	    sizeof(why)), 0);
	(void)snprintf(link, sizeof(link), "%s/link", directory);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(identity_store_load(link, &id, &created, why,
	    sizeof(why)), -1);
	assert_non_null(strstr(why, "symbolic link"));
	assert_int_equal(unlink(link), 0);
	assert_int_equal(identity_store_load(directory, &id, &created, why,
	    sizeof(why)), -1);
	(void)snprintf(link, sizeof(link), "%s/no/file", directory);
	assert_int_equal(identity_store_load(link, &id, &created, why,
	    sizeof(why)), -1);
}

static void
test_identity_default(void **state)
{
	char	where[PATH_MAX], why[256], want[128];

	(void)state;
	assert_int_equal(setenv("XDG_DATA_HOME", directory, 1), 0);
	assert_int_equal(identity_store_default(where, sizeof(where), why,
	    sizeof(why)), 0);
	(void)snprintf(want, sizeof(want), "%s/wzp/identity", directory);
	assert_string_equal(where, want);
	*strrchr(want, '/') = '\0';
	assert_int_equal(rmdir(want), 0);

	assert_int_equal(setenv("XDG_DATA_HOME", "relative", 1), 0);
	assert_int_equal(setenv("HOME", directory, 1), 0);
	assert_int_equal(identity_store_default(where, sizeof(where), why,
	    sizeof(why)), 0);
	(void)snprintf(want, sizeof(want), "%s/.local/share/wzp/identity",
	    directory);
	assert_string_equal(where, want);
	while (strcmp(want, directory) != 0) {
		*strrchr(want, '/') = '\0';
		if (strcmp(want, directory) != 0)
			assert_int_equal(rmdir(want), 0);
	}
	assert_int_equal(unsetenv("HOME"), 0);
	assert_int_equal(identity_store_default(where, sizeof(where), why,
	    sizeof(why)), -1);
}

static void
test_pins(void **state)
{
	struct pins	*ps;
	struct stat	 st;
	const char	*pinned = NULL;
	char		 why[256];
	unsigned int	 line = 0;

	(void)state;
	(void)unlink(path);
	assert_non_null(ps = pins_open(path, why, sizeof(why)));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(pins_check(ps, "a:4433", FP_A, &pinned, &line),
	    PIN_NEW);
	assert_int_equal(pins_add(ps, "a:4433", FP_A), 0);
	assert_int_equal(pins_check(ps, "a:4433", FP_A, &pinned, &line),
	    PIN_SAME);
	assert_int_equal(pins_check(ps, "A:4433", FP_A, &pinned, &line),
	    PIN_SAME);
	assert_int_equal(pins_check(ps, "a:4434", FP_B, &pinned, &line),
	    PIN_NEW);
	assert_int_equal(pins_check(ps, "a:4433", FP_B, &pinned, &line),
	    PIN_CHANGED);
	assert_string_equal(pinned, FP_A);
	assert_int_equal(line, 1);
	assert_int_equal(pins_add(ps, "[2001:db8::1]:4433", FP_B), 0);
	pins_free(ps);
	assert_string_equal(get(), "a:4433 " FP_A "\n[2001:db8::1]:4433 " FP_B
	    "\n");

	/* Read again; comments; the last line without its end. */
	put("# mine\n\n  b:1\t" FP_A "\r\na:2 " FP_B,
	    strlen("# mine\n\n  b:1\t" FP_A "\r\na:2 " FP_B), 0644);
	assert_non_null(ps = pins_open(path, why, sizeof(why)));
	assert_int_equal(pins_check(ps, "b:1", FP_B, &pinned, &line),
	    PIN_CHANGED);
	assert_int_equal(line, 3);
	assert_int_equal(pins_check(ps, "a:2", FP_B, &pinned, &line),
	    PIN_SAME);
	assert_int_equal(pins_add(ps, "c:3", FP_A), 0);
	assert_int_equal(pins_check(ps, "c:3", FP_B, &pinned, &line),
	    PIN_CHANGED);
	assert_int_equal(line, 5);
	pins_free(ps);
	assert_string_equal(strstr(get(), "a:2"), "a:2 " FP_B "\nc:3 " FP_A
	    "\n");

	/* Two lines that contradict each other: neither is trusted. */
	put("a:1 " FP_A "\na:1 " FP_B "\n",
	    strlen("a:1 " FP_A "\na:1 " FP_B "\n"), 0600);
	assert_non_null(ps = pins_open(path, why, sizeof(why)));
	assert_int_equal(pins_check(ps, "a:1", FP_A, &pinned, &line),
	    PIN_CHANGED);
	assert_int_equal(line, 2);
	assert_int_equal(pins_check(ps, "a:1", FP_B, &pinned, &line),
	    PIN_CHANGED);
	assert_int_equal(line, 1);
	pins_free(ps);
}

/* What cannot be written down still holds for as long as we run. */
static void
test_pins_full(void **state)
{
	struct rlimit	 old, none;
	struct pins	*ps;
	const char	*pinned = NULL;
	char		 why[256];
	unsigned int	 line = 0;
	int		 r;

	(void)state;
	(void)unlink(path);
	assert_non_null(ps = pins_open(path, why, sizeof(why)));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = old;
	none.rlim_cur = 0;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	r = pins_add(ps, "a:4433", FP_A);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	(void)signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(r, -1);
	assert_int_equal(pins_check(ps, "a:4433", FP_A, &pinned, &line),
	    PIN_SAME);
	assert_int_equal(pins_check(ps, "a:4433", FP_B, &pinned, &line),
	    PIN_CHANGED);
	pins_free(ps);
}

static void
test_pins_bad(void **state)
{
	static const char *const	bad[] = { "a:1\n", "a:1 nonsense\n",
	    "a:1 " FP_A " more\n", "a:1 " FP_A ":00\n",
	    "a:1 " FP_C "\n" };
	char	 text[512], why[512], want[160], link[128];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "b:1 " FP_A "\n%s", bad[i]);
		put(text, strlen(text), 0600);
		assert_null(pins_open(path, why, sizeof(why)));
		(void)snprintf(want, sizeof(want), "%s:2: ", path);
		assert_non_null(strstr(why, want));
		assert_string_equal(get(), text);
	}
	put("a:1 \0" FP_A "\n", strlen(FP_A) + 6, 0600);
	assert_null(pins_open(path, why, sizeof(why)));
	put("", 0, 0602);
	assert_null(pins_open(path, why, sizeof(why)));
	put("", 0, 0600);
	(void)snprintf(link, sizeof(link), "%s/link", directory);
	assert_int_equal(symlink(path, link), 0);
	assert_null(pins_open(link, why, sizeof(why)));
	assert_int_equal(unlink(link), 0);
	assert_null(pins_open(directory, why, sizeof(why)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity_new),
		cmocka_unit_test(test_identity_bad),
		cmocka_unit_test(test_identity_default),
		cmocka_unit_test(test_pins),
		cmocka_unit_test(test_pins_full),
		cmocka_unit_test(test_pins_bad),
	};

	return (cmocka_run_group_tests(tests, make_directory,
	    remove_directory));
}
