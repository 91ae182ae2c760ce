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
 * CPU time of a relay: of a process and of all that it started.
 */
#ifndef WZP_BENCH_CPU_H
#define WZP_BENCH_CPU_H

#include <stddef.h>
#include <stdint.h>

#define CPU_PROCESSES_MAX	64
#define CPU_NAME_MAX		32

struct cpu_process {
	long		cp_pid;
	char		cp_name[CPU_NAME_MAX];
	uint64_t	cp_ns;
};

struct cpu {
	struct cpu_process	cpu_processes[CPU_PROCESSES_MAX];
	size_t			cpu_n;
	uint64_t		cpu_at;	/* when, monotonic ns */
};

/* -1: the process is not there, or there are too many. */
int	 cpu_read(struct cpu *, long pid);
/* Of all processes, from one reading to another. */
uint64_t cpu_spent(const struct cpu *, const struct cpu *);
/* Of the busiest process. */
uint64_t cpu_most(const struct cpu *, const struct cpu *);
/* A JSON object: microseconds by name for each of n. */
void	 cpu_print(const struct cpu *, const struct cpu *, uint64_t n);
/* They and their threads run on this processor only.  -1: errno. */
int	 cpu_pin(const struct cpu *, int processor);
/* Our own. */
uint64_t cpu_self(void);

#endif /* WZP_BENCH_CPU_H */
