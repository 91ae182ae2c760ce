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
 * The names under which glibc 2.38 and later offer the number parsers with
 * C23's rules.  Static libraries compiled there ask for them; on an older
 * glibc they get the C17 functions, which differ only in not knowing the
 * prefix 0b.  Nothing here is called by our own code.
 */

#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

long		 __isoc23_strtol(const char *, char **, int);
unsigned long	 __isoc23_strtoul(const char *, char **, int);
long long	 __isoc23_strtoll(const char *, char **, int);
unsigned long long __isoc23_strtoull(const char *, char **, int);
intmax_t	 __isoc23_strtoimax(const char *, char **, int);
uintmax_t	 __isoc23_strtoumax(const char *, char **, int);
long		 __isoc23_wcstol(const wchar_t *, wchar_t **, int);
unsigned long	 __isoc23_wcstoul(const wchar_t *, wchar_t **, int);
long long	 __isoc23_wcstoll(const wchar_t *, wchar_t **, int);
unsigned long long __isoc23_wcstoull(const wchar_t *, wchar_t **, int);
int		 __isoc23_sscanf(const char *, const char *, ...);
int		 __isoc23_fscanf(FILE *, const char *, ...);
int		 __isoc23_scanf(const char *, ...);
int		 __isoc23_vsscanf(const char *, const char *, va_list);
int		 __isoc23_vfscanf(FILE *, const char *, va_list);
int		 __isoc23_vscanf(const char *, va_list);

long
__isoc23_strtol(const char *s, char **end, int base)
{
	return (strtol(s, end, base));
}

unsigned long
__isoc23_strtoul(const char *s, char **end, int base)
{
	return (strtoul(s, end, base));
}

long long
__isoc23_strtoll(const char *s, char **end, int base)
{
	return (strtoll(s, end, base));
}

unsigned long long
__isoc23_strtoull(const char *s, char **end, int base)
{
	return (strtoull(s, end, base));
}

intmax_t
__isoc23_strtoimax(const char *s, char **end, int base)
{
	return (strtoimax(s, end, base));
}

uintmax_t
__isoc23_strtoumax(const char *s, char **end, int base)
{
	return (strtoumax(s, end, base));
}

long
__isoc23_wcstol(const wchar_t *s, wchar_t **end, int base)
{
	return (wcstol(s, end, base));
}

unsigned long
__isoc23_wcstoul(const wchar_t *s, wchar_t **end, int base)
{
	return (wcstoul(s, end, base));
}

long long
__isoc23_wcstoll(const wchar_t *s, wchar_t **end, int base)
{
	return (wcstoll(s, end, base));
}

unsigned long long
__isoc23_wcstoull(const wchar_t *s, wchar_t **end, int base)
{
	return (wcstoull(s, end, base));
}

int
__isoc23_sscanf(const char *s, const char *fmt, ...)
{
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = __isoc23_vsscanf(s, fmt, ap);
	va_end(ap);
	return (n);
}

int
__isoc23_fscanf(FILE *f, const char *fmt, ...)
{
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = __isoc23_vfscanf(f, fmt, ap);
	va_end(ap);
	return (n);
}

int
__isoc23_scanf(const char *fmt, ...)
{
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = __isoc23_vfscanf(stdin, fmt, ap);
	va_end(ap);
	return (n);
}

/* The formats are the callers'. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

int
__isoc23_vsscanf(const char *s, const char *fmt, va_list ap)
{
	return (vsscanf(s, fmt, ap));
}

int
__isoc23_vfscanf(FILE *f, const char *fmt, va_list ap)
{
	return (vfscanf(f, fmt, ap));
}

int
__isoc23_vscanf(const char *fmt, va_list ap)
{
	return (vfscanf(stdin, fmt, ap));
}
