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
 * wzp-bench: what it does, and what its parts share.
 */
#ifndef WZP_BENCH_BENCH_H
#define WZP_BENCH_BENCH_H

/* The subcommands: status to exit with. */
int		 aead_main(int, char **);
int		 allocs_main(int, char **);
int		 federated_main(int, char **);
int		 media_main(int, char **);
int		 rates_main(int, char **);
int		 storm_main(int, char **);
int		 bench_usage(void);
/* Of an option; ends the program when it is none. */
unsigned int	 bench_number(int, const char *, unsigned int, unsigned int);

#endif /* WZP_BENCH_BENCH_H */
