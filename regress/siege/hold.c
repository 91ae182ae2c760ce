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

#include "config.h"

#include <sys/stat.h>

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "regress/siege/hold.h"

#define HOLD_MS		60000

void
hold(const char *path)
{
	static const struct timespec	ts = { 0, 20000000 };
	struct stat			sb;
	char				up[512];
	unsigned int			ms = 0;
	int				fd;

	(void)snprintf(up, sizeof(up), "%s.up", path);
	if ((fd = open(up, O_WRONLY | O_CREAT, 0600)) == -1)
		err(2, "%s", up);
	(void)close(fd);
	while (stat(path, &sb) == -1 && ms < HOLD_MS) {
		(void)nanosleep(&ts, NULL);
		ms += 20;
	}
}
