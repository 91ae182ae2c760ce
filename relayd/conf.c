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

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/ipc/limits.h"
#include "relayd/conf.h"
#include "relayd/stanza.h"

#define DAY_S	UINT64_C(86400)

/*
 * The group of sockets of a port can be steered where the kernel has classic
 * BPF for it; elsewhere doord reads the one socket.
 */
#ifdef __linux__
#define STEERING_DEFAULT	true
#else
#define STEERING_DEFAULT	false
#endif

static const struct {
	enum proc	 worker;
	const char	*user;
} default_users[] = {
	{ PROC_KEYD,		"_wzpkey" },
	{ PROC_DOORD,		"_wzpdoor" },
	{ PROC_SIGNALD,		"_wzpsig" },
	{ PROC_MEDIAD,		"_wzpmed" },
	{ PROC_REGISTRYD,	"_wzpreg" },
	{ PROC_CONTROLD,	"_wzpctl" },
	{ PROC_FEDERD,		"_wzpfed" },
	{ PROC_LOOKUPD,		"_wzplook" },
};
#define NUSERS	(sizeof(default_users) / sizeof(default_users[0]))

static struct config	*config_new(void);
static FILE		*config_open(const char *);
static int		 config_check(struct config *, const char *);
static int		 legacy_check(struct config *, const char *);
static unsigned int	 media_default(void);
static void		 advertise_port(const struct config *, char *);
static int		 address_of(struct addr *, const char *, long,
			    const char **);

static char	first_error[256];

void
config_error(const char *fmt, ...)
{
	char	text[1024];
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (first_error[0] == '\0')
		(void)strlcpy(first_error, text, sizeof(first_error));
	log_warnx("%s", text);
}

const char *
config_error_text(void)
{
	return (first_error);
}

/* Rooms of one mediad are on one processor. */
static unsigned int
media_default(void)
{
	long	n;

	n = sysconf(_SC_NPROCESSORS_ONLN);
	if (n < 1)
		return (1);
	return (n < CONFIG_MEDIA_MAX ? (unsigned int)n : CONFIG_MEDIA_MAX);
}

/* Everything that has a default has it from here on. */
static struct config *
config_new(void)
{
	struct config	*cf;
	size_t		 i;

	if ((cf = calloc(1, sizeof(*cf))) == NULL)
		return (NULL);
	TAILQ_INIT(&cf->cf_listeners);
	TAILQ_INIT(&cf->cf_peers);
	TAILQ_INIT(&cf->cf_rooms);
	TAILQ_INIT(&cf->cf_probes);
	limits_default(&cf->cf_settings);
	cf->cf_settings.retention_s = 90 * DAY_S;
	cf->cf_settings.resumption = true;
	cf->cf_steering = STEERING_DEFAULT;
	cf->cf_media = media_default();
	cf->cf_identity = strdup(WZP_SYSCONFDIR "/relay.seed");
	cf->cf_database = strdup(WZP_STATEDIR "/calls.db");
	cf->cf_control = strdup(WZP_RUNDIR "/relayd.sock");
	cf->cf_chroot = strdup(WZP_EMPTYDIR);
	for (i = 0; i < NUSERS; i++)
		cf->cf_users[default_users[i].worker] =
		    strdup(default_users[i].user);
	return (cf);
}

/* relayd waits for nobody, so for no pipe either, least of all in a reload. */
static FILE *
config_open(const char *path)
{
	struct stat	 st;
	FILE		*file = NULL;
	int		 error, fd;

	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1)
		return (NULL);
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		errno = S_ISDIR(st.st_mode) ? EISDIR : ENOTSUP;
	else
		file = fdopen(fd, "r");
	if (file == NULL) {
		error = errno;
		close(fd);
		errno = error;
	}
	return (file);
}

struct config *
config_load(const char *path)
{
	struct config	*cf;
	FILE		*file;
	int		 errors;

	first_error[0] = '\0';
	if ((cf = config_new()) == NULL) {
		config_error("%s: out of memory", path);
		return (NULL);
	}
	if ((file = config_open(path)) == NULL) {
		errors = errno;
		config_error("%s: %s", path, errno == ENOTSUP ?
		    "that is no file" : strerror(errno));
		errno = errors;
		if (errno == ENOENT)
			log_warnx("write that file (see relayd.conf(5)), or "
			    "name another with -f");
		config_free(cf);
		return (NULL);
	}
	errors = parse_config(cf, file, path);
	fclose(file);
	if (errors > 0 || config_check(cf, path) == -1) {
		config_free(cf);
		return (NULL);
	}
	return (cf);
}

/* What only the whole file can tell. */
static int
config_check(struct config *cf, const char *path)
{
	int	status = 0;

	if (TAILQ_EMPTY(&cf->cf_listeners)) {
		config_error("%s: no address to listen on: say, for example, "
		    "`listen on 0.0.0.0 port %d'", path, CONFIG_PORT);
		status = -1;
	}
	advertise_port(cf, cf->cf_settings.advertise4);
	advertise_port(cf, cf->cf_settings.advertise6);
	if (cf->cf_auth_ca != NULL && cf->cf_auth_url == NULL) {
		config_error("%s: `auth ca' without `auth url': nobody would "
		    "be asked", path);
		status = -1;
	}
	cf->cf_settings.auth_required = cf->cf_auth_url != NULL;
	if (stanza_check(cf, path) == -1)
		status = -1;
	if (legacy_check(cf, path) == -1)
		status = -1;
	return (status);
}

static int
legacy_check(struct config *cf, const char *path)
{
	if (cf->cf_legacy == CHOICE_UNSET) {
		config_error("%s: say how to treat clients that do not prove "
		    "that they hold their key:", path);
		log_warnx("%s: `legacy clients allow' lets clients of the "
		    "original system call and be called; people without a "
		    "proving client can then be impersonated", path);
		log_warnx("%s: `legacy clients deny' serves only clients that "
		    "prove their key, such as wzp", path);
		return (-1);
	}
	cf->cf_settings.legacy_allow = cf->cf_legacy == CHOICE_YES;
	return (0);
}

/*
 * An advertised address without a port has that of the first address of its
 * family that we listen on; of another family when there is none.
 */
static void
advertise_port(const struct config *cf, char *text)
{
	const struct listener	*ln, *found = NULL;
	struct addr		 addr;

	if (text[0] == '\0' || addr_parse(&addr, text) == -1 ||
	    addr_port(&addr) != 0)
		return;
	TAILQ_FOREACH(ln, &cf->cf_listeners, ln_entry)
		if (found == NULL || (addr_family(&ln->ln_addr) ==
		    addr_family(&addr) && addr_family(&found->ln_addr) !=
		    addr_family(&addr)))
			found = ln;
	addr_set_port(&addr, found != NULL ? addr_port(&found->ln_addr) :
	    CONFIG_PORT);
	(void)addr_print(&addr, text, ADDR_STRLEN);
}

void
config_free(struct config *cf)
{
	struct listener	*ln;
	size_t		 i;

	if (cf == NULL)
		return;
	while ((ln = TAILQ_FIRST(&cf->cf_listeners)) != NULL) {
		TAILQ_REMOVE(&cf->cf_listeners, ln, ln_entry);
		free(ln);
	}
	stanza_free(cf);
	free(cf->cf_identity);
	free(cf->cf_database);
	free(cf->cf_control);
	free(cf->cf_control_ro);
	free(cf->cf_chroot);
	free(cf->cf_auth_url);
	free(cf->cf_auth_ca);
	for (i = 0; i < PROC_MAX; i++)
		free(cf->cf_users[i]);
	free(cf);
}

unsigned int
config_wants(const struct config *cf, enum proc role)
{
	switch (role) {
	case PROC_MEDIAD:
		return (cf->cf_media);
	case PROC_FEDERD:
		return (cf->cf_federation ? 1 : 0);
	case PROC_LOOKUPD:
		return (cf->cf_auth_url != NULL || stanza_names(cf) ? 1 : 0);
	default:
		return (1);
	}
}

static int
address_of(struct addr *addr, const char *host, long port, const char **why)
{
	char	text[ADDR_STRLEN];
	int	n;

	if (port < 1 || port > 65535) {
		*why = "a port is a number from 1 to 65535";
		return (-1);
	}
	n = snprintf(text, sizeof(text), strchr(host, ':') != NULL ?
	    "[%s]:%ld" : "%s:%ld", host, port);
	if (n < 0 || (size_t)n >= sizeof(text) ||
	    addr_parse(addr, text) == -1) {
		*why = "not an IP address (names are not looked up here)";
		return (-1);
	}
	return (0);
}

int
config_listen(struct config *cf, const char *host, long port,
    const char **why)
{
	struct listener	*ln, *other;

	if (cf->cf_nlisteners >= CONFIG_LISTENERS_MAX) {
		*why = "too many addresses to listen on";
		return (-1);
	}
	if ((ln = calloc(1, sizeof(*ln))) == NULL) {
		*why = "out of memory";
		return (-1);
	}
	if (address_of(&ln->ln_addr, host, port, why) == -1) {
		free(ln);
		return (-1);
	}
	TAILQ_FOREACH(other, &cf->cf_listeners, ln_entry)
		if (addr_equal(&other->ln_addr, &ln->ln_addr)) {
			*why = "already listening on that address";
			free(ln);
			return (-1);
		} else if (addr_family(&other->ln_addr) ==
		    addr_family(&ln->ln_addr) && addr_port(&other->ln_addr) ==
		    addr_port(&ln->ln_addr) && (addr_is_any(&other->ln_addr) ||
		    addr_is_any(&ln->ln_addr))) {
			*why = "of this and another address to listen on one "
			    "covers the other";
			free(ln);
			return (-1);
		}
	TAILQ_INSERT_TAIL(&cf->cf_listeners, ln, ln_entry);
	cf->cf_nlisteners++;
	return (0);
}

int
config_advertise(struct config *cf, const char *host, long port,
    const char **why)
{
	struct addr	 addr;
	char		*slot;

	if (address_of(&addr, host, port == 0 ? CONFIG_PORT : port,
	    why) == -1)
		return (-1);
	/* 0: that of the listen address, which may come later in the file. */
	if (port == 0)
		addr_set_port(&addr, 0);
	if (addr_is_any(&addr)) {
		*why = "clients cannot dial that address";
		return (-1);
	}
	slot = addr_family(&addr) == AF_INET6 ? cf->cf_settings.advertise6 :
	    cf->cf_settings.advertise4;
	if (slot[0] != '\0') {
		*why = "an address of that family is advertised already";
		return (-1);
	}
	(void)addr_print(&addr, slot, ADDR_STRLEN);
	return (0);
}

/*
 * An address for curl; the rest of it is lookupd's business.  Without TLS a
 * token is anybody's who listens, so that is for this machine only.
 */
int
config_auth_url(struct config *cf, const char *url, const char **why)
{
	static const char *const	plain[] = {
		"http://127.0.0.1", "http://[::1]", "http://localhost"
	};
	const char			*rest = NULL;
	char				*copy;
	size_t				 i;

	if (strncmp(url, "https://", 8) == 0)
		rest = url + 8;
	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strncmp(url, plain[i], strlen(plain[i])) == 0 &&
		    strchr(":/", url[strlen(plain[i])]) != NULL)
			rest = url + strlen("http://");
	if (rest == NULL) {
		*why = "not https:// (http:// only to this machine)";
		return (-1);
	}
	if (rest[0] == '\0' || rest[0] == '/' || rest[0] == ':' ||
	    strlen(url) >= AUTH_URL_LEN) {
		*why = "not a URL";
		return (-1);
	}
	for (i = 0; url[i] != '\0'; i++)
		if (url[i] <= ' ' || url[i] > '~' || url[i] == '"' ||
		    url[i] == '@') {
			*why = "no blanks, quotes or passwords in that URL";
			return (-1);
		}
	if ((copy = strdup(url)) == NULL) {
		*why = "out of memory";
		return (-1);
	}
	free(cf->cf_auth_url);
	cf->cf_auth_url = copy;
	return (0);
}

int
config_path(char **slot, const char *path, size_t max, const char **why)
{
	char	*copy;

	if (path[0] != '/') {
		*why = "not an absolute path";
		return (-1);
	}
	if (strlen(path) >= max) {
		*why = "path too long";
		return (-1);
	}
	if (strchr(path, '"') != NULL) {
		*why = "no quotes in paths";
		return (-1);
	}
	if ((copy = strdup(path)) == NULL) {
		*why = "out of memory";
		return (-1);
	}
	free(*slot);
	*slot = copy;
	return (0);
}

int
config_user(struct config *cf, const char *worker, const char *user,
    const char **why)
{
	char	*copy;
	size_t	 i;

	for (i = 0; i < NUSERS; i++)
		if (strcmp(proc_name(default_users[i].worker), worker) == 0)
			break;
	if (i == NUSERS) {
		*why = "no such worker";
		return (-1);
	}
	if (user[0] == '\0' || strlen(user) > 31) {
		*why = "not a user name";
		return (-1);
	}
	if ((copy = strdup(user)) == NULL) {
		*why = "out of memory";
		return (-1);
	}
	free(cf->cf_users[default_users[i].worker]);
	cf->cf_users[default_users[i].worker] = copy;
	return (0);
}
