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
 * A fuzz target without libFuzzer: feeds it files, and all files of folders.
 * Without arguments, the corpus that is committed for it.
 *
 *	NAME_fuzz [-l] [file | folder ...]
 *	  -l  list the faults it can be asked for
 */

#include "config.h"

#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/fuzz/fuzz.h"

/* libFuzzer's own limit, unless it is told another. */
#define INPUT_MAX	(1024 * 1024)

static void	corpus(const char *, char *, size_t);
static size_t	replay(const char *);
static size_t	replay_folder(const char *);
static size_t	replay_file(const char *);

int
main(int argc, char *argv[])
{
	char	path[512];
	size_t	n = 0;
	int	i;

	if (argc == 2 && strcmp(argv[1], "-l") == 0) {
		for (i = 0; fuzz_faults[i] != NULL; i++)
			(void)printf("%s\n", fuzz_faults[i]);
		return (0);
	}
	if (argc == 1) {
		corpus(argv[0], path, sizeof(path));
		n = replay(path);
	}
	for (i = 1; i < argc; i++)
		n += replay(argv[i]);
	if (n == 0)
		errx(1, "no inputs");
	(void)printf("%zu inputs\n", n);
	return (0);
}

/* SRCDIR/regress/fuzz/corpus/NAME of a program NAME_fuzz */
static void
corpus(const char *program, char *path, size_t cap)
{
	const char	*top = getenv("SRCDIR"), *name, *end;
	int		 n;

	name = strrchr(program, '/');
	name = name != NULL ? name + 1 : program;
	end = strrchr(name, '_');
	if (end == NULL)
		errx(1, "which corpus?");
	n = snprintf(path, cap, "%s/regress/fuzz/corpus/%.*s",
	    top != NULL ? top : ".", (int)(end - name), name);
	if (n < 0 || (size_t)n >= cap)
		errx(1, "path too long");
}

static size_t
replay(const char *path)
{
	struct stat	sb;

	if (stat(path, &sb) == -1)
		err(1, "%s", path);
	return (S_ISDIR(sb.st_mode) ? replay_folder(path) :
	    replay_file(path));
}

static size_t
replay_folder(const char *path)
{
	struct dirent	**list;
	char		  file[1024];
	size_t		  count = 0;
	int		  i, n;

	if ((n = scandir(path, &list, NULL, alphasort)) == -1)
		err(1, "%s", path);
	for (i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.') {
			if (snprintf(file, sizeof(file), "%s/%s", path,
			    list[i]->d_name) >= (int)sizeof(file))
				errx(1, "path too long");
			count += replay_file(file);
		}
		free(list[i]);
	}
	free(list);
	return (count);
}

/* In a block of its own, so that a sanitizer sees a read behind the end. */
static size_t
replay_file(const char *path)
{
	uint8_t	*input, *copy;
	size_t	 len;
	FILE	*f;

	if ((input = malloc(INPUT_MAX)) == NULL)
		err(1, NULL);
	if ((f = fopen(path, "re")) == NULL)
		err(1, "%s", path);
	len = fread(input, 1, INPUT_MAX, f);
	if (ferror(f) || getc(f) != EOF)
		errx(1, "%s: unreadable, or too long", path);
	(void)fclose(f);
	copy = fuzz_copy(input, len);
	free(input);
	/* Whoever aborts has been said. */
	(void)fprintf(stderr, "%s\n", path);
	(void)LLVMFuzzerTestOneInput(copy, len);
	free(copy);
	return (1);
}
