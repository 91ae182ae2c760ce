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

/* The set-up conversation, relayd's side (see setup.h). */

#include "config.h"

#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/ipc/mesh.h"
#include "relayd/identity.h"
#include "relayd/peers.h"
#include "relayd/setup.h"
#include "relayd/slots.h"

static int	setup_seed(struct process *);
static int	setup_auth(struct process *);
static int	setup_ports(struct process *);
static int	setup_control(struct process *);
static int	setup_pair(struct process *, struct process *, bool);
static int	setup_end(struct process *, const struct process *, bool,
		    int);

int
setup_worker(struct process *p)
{
	const struct supervisor	*sv = p->pr_super;

	if (channel_send(p->pr_channel, MSG_SETTINGS, &sv->sv_settings) == -1)
		return (-1);
	if (p->pr_role == PROC_KEYD && setup_seed(p) == -1)
		return (-1);
	if (p->pr_role == PROC_LOOKUPD && setup_auth(p) == -1)
		return (-1);
	if (p->pr_role == PROC_CONTROLD && setup_control(p) == -1)
		return (-1);
	if (p->pr_role == PROC_FEDERD && peers_send(p) == -1)
		return (-1);
	if (slots_send(p) == -1 || tokens_send(p) == -1 ||
	    tickets_send(p) == -1)
		return (-1);
	return (setup_ports(p));
}

/* Read at each start of keyd: no copy stays here. */
static int
setup_seed(struct process *p)
{
	struct msg_seed	msg;
	int		error = -1;

	if (identity_load(p->pr_super->sv_config->cf_identity,
	    msg.seed) == 0)
		error = channel_send(p->pr_channel, MSG_SEED, &msg);
	explicit_bzero(&msg, sizeof(msg));
	channel_wipe();
	return (error);
}

static int
setup_auth(struct process *p)
{
	const struct config	*cf = p->pr_super->sv_config;
	struct msg_auth_url	 msg;

	memset(&msg, 0, sizeof(msg));
	if (cf->cf_auth_url != NULL)
		(void)strlcpy(msg.url, cf->cf_auth_url, sizeof(msg.url));
	if (cf->cf_auth_ca != NULL)
		(void)strlcpy(msg.ca, cf->cf_auth_ca, sizeof(msg.ca));
	return (channel_send(p->pr_channel, MSG_AUTH_URL, &msg));
}

/*
 * Each worker reads the socket of its slot.  Without steering there is one,
 * which doord reads; the others have it to send on.
 */
static int
setup_ports(struct process *p)
{
	const struct supervisor	*sv = p->pr_super;
	const struct port	*po;
	struct msg_udp_socket	 udp;
	struct msg_listen	 listen;
	size_t			 i;
	int			 slot;

	if (!slots_has(p->pr_role) || (slot = slots_number(p)) == -1)
		return (0);
	for (i = 0; i < sv->sv_nports; i++) {
		po = &sv->sv_ports[i];
		memset(&listen, 0, sizeof(listen));
		listen.address = po->po_addr;
		memset(&udp, 0, sizeof(udp));
		udp.listener = i;
		udp.address = po->po_addr;
		udp.receive = po->po_steered || p->pr_role == PROC_DOORD;
		if (channel_send(p->pr_channel, MSG_LISTEN, &listen) == -1 ||
		    channel_send_fd(p->pr_channel, MSG_UDP_SOCKET, &udp,
		    listen_fd(po, (unsigned int)slot)) == -1)
			return (-1);
	}
	return (0);
}

static int
setup_control(struct process *p)
{
	const struct supervisor		*sv = p->pr_super;
	struct msg_control_socket	 control;

	control.read_only = false;
	if (channel_send_fd(p->pr_channel, MSG_CONTROL_SOCKET, &control,
	    sv->sv_control) == -1)
		return (-1);
	control.read_only = true;
	if (sv->sv_control_ro != -1 && channel_send_fd(p->pr_channel,
	    MSG_CONTROL_SOCKET, &control, sv->sv_control_ro) == -1)
		return (-1);
	return (0);
}

int
setup_mesh(struct process *p)
{
	struct supervisor	*sv = p->pr_super;
	struct process		*other;

	TAILQ_FOREACH(other, &sv->sv_processes, pr_entry) {
		if (other == p || other->pr_channel == NULL ||
		    other->pr_state == PROCESS_ENDING ||
		    other->pr_state == PROCESS_DOWN ||
		    !mesh_allows(p->pr_role, other->pr_role, false))
			continue;
		if (setup_pair(p, other, false) == -1)
			return (-1);
		if (mesh_allows(p->pr_role, other->pr_role, true) &&
		    setup_pair(p, other, true) == -1)
			return (-1);
	}
	return (0);
}

static int
setup_pair(struct process *a, struct process *b, bool data)
{
	int	fds[2], error;

	if (channel_pair(fds, data) == -1) {
		log_warn("channel between %s and %s", process_name(a),
		    proc_name(b->pr_role));
		return (-1);
	}
	error = setup_end(a, b, data, fds[0]);
	/* A neighbour that cannot be told is not this worker's fault. */
	(void)setup_end(b, a, data, fds[1]);
	close(fds[0]);
	close(fds[1]);
	return (error);
}

static int
setup_end(struct process *p, const struct process *peer, bool data, int fd)
{
	struct msg_channel	msg;

	memset(&msg, 0, sizeof(msg));
	msg.role = peer->pr_role;
	msg.instance = peer->pr_instance;
	msg.generation = peer->pr_generation;
	msg.data = data;
	return (channel_send_fd(p->pr_channel, MSG_CHANNEL, &msg, fd));
}

int
setup_start(struct process *p)
{
	const struct supervisor		*sv = p->pr_super;
	const struct sandbox_identity	*id = &sv->sv_ids[p->pr_role];
	struct msg_start		 msg;
	char				 path[1024];

	memset(&msg, 0, sizeof(msg));
	msg.switch_ids = id->sid_switch;
	msg.uid = id->sid_uid;
	msg.gid = id->sid_gid;
	(void)strlcpy(msg.root, id->sid_root, sizeof(msg.root));
	if (p->pr_role == PROC_REGISTRYD) {
		(void)strlcpy(path, sv->sv_config->cf_database, sizeof(path));
		if (strlcpy(msg.directory, dirname(path),
		    sizeof(msg.directory)) >= sizeof(msg.directory)) {
			log_warnx("database directory: path too long");
			return (-1);
		}
	}
	return (channel_send(p->pr_channel, MSG_START, &msg));
}
