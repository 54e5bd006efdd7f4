// SPDX-License-Identifier: GPL-2.0-only
/*
 * The receive and send buffers: single pages in one range of kernel
 * addresses, shared with the host for as long as the connection lives.
 */
#include <linux/vmalloc.h>
#include <hv/ring_hold.h>
#include "netvsc.h"

static int nv_buf_make(struct nv_conn *conn, struct nv_buf *b, u32 bytes)
{
	int ret;

	b->bytes = PAGE_ALIGN(bytes);
	b->mem = vzalloc(b->bytes);
	if (!b->mem)
		return -ENOMEM;
	ret = vmbus_establish_gpadl(conn->chan, b->mem, b->bytes, &b->gpadl);
	b->shared = !ret;
	return ret;
}

static int nv_share_recv(struct nv_conn *conn)
{
	struct hv_nvsp m = { .type = cpu_to_le32(HV_NVSP_RECV_BUF) };
	u32 bytes = conn->cfg.recv_bytes;
	int ret;

	if (conn->host.nvsp <= HV_NVSP_V2)
		bytes = min_t(u32, bytes, NV_RECV_BYTES_OLD);
	ret = nv_buf_make(conn, &conn->recv, bytes);
	if (ret)
		return ret;
	m.buf.gpadl = cpu_to_le32(conn->recv.gpadl.gpadl_handle);
	m.buf.id = cpu_to_le16(HV_NVSP_RECV_BUF_ID);
	conn->recv.told = true;
	ret = nv_nvsp_request(conn, &m, HV_NVSP_RECV_BUF_REPLY, HV_NVSP_LEN(recv_reply));
	if (ret < 0)
		return ret;
	ret = nv_recv_sections(&m, ret, conn->recv.bytes, &conn->recv.sec);
	if (ret) {
		nv_bad(conn->nv, NV_BAD_REPLY,
		       "receive buffer: status %u, %u sections of %u bytes in %u",
		       le32_to_cpu(m.recv_reply.status),
		       le32_to_cpu(m.recv_reply.count),
		       le32_to_cpu(m.recv_reply.size), conn->recv.bytes);
		return ret;
	}
	/* pairs with the acquire in nv_rx_transfer(): sections before the flag */
	smp_store_release(&conn->rx_ready, true);
	return 0;
}

static int nv_share_send(struct nv_conn *conn)
{
	struct hv_nvsp m = { .type = cpu_to_le32(HV_NVSP_SEND_BUF) };
	u32 size;
	int ret;

	ret = nv_buf_make(conn, &conn->send, conn->cfg.send_bytes);
	if (ret)
		return ret;
	m.buf.gpadl = cpu_to_le32(conn->send.gpadl.gpadl_handle);
	m.buf.id = cpu_to_le16(HV_NVSP_SEND_BUF_ID);
	conn->send.told = true;
	ret = nv_nvsp_request(conn, &m, HV_NVSP_SEND_BUF_REPLY, HV_NVSP_LEN(send_reply));
	if (ret < 0)
		return ret;
	if (le32_to_cpu(m.send_reply.status) != HV_NVSP_STATUS_OK)
		return -EIO;
	size = le32_to_cpu(m.send_reply.section_size);
	if (size > conn->send.bytes) {
		nv_bad(conn->nv, NV_BAD_REPLY, "send sections of %u bytes", size);
		return -EINVAL;
	}
	/*
	 * hv-net of QEMU says 1, others 0, and they take frames by their pages alone.  The
	 * buffer stays theirs: some hosts say nothing more once one is revoked.
	 */
	if (size < NV_TX_HEAD_MAX + ETH_ZLEN)
		return 0;
	conn->send.sec = (struct nv_sections){ size, conn->send.bytes / size };
	return 0;
}

/* Context: may sleep, for a limited time. */
int nv_bufs_share(struct nv_conn *conn)
{
	int ret = nv_share_recv(conn);

	return ret ? ret : nv_share_send(conn);
}

/* Tells the host not to use them any more. */
void nv_bufs_revoke(struct nv_conn *conn)
{
	struct hv_nvsp m = { .type = cpu_to_le32(HV_NVSP_REVOKE_RECV_BUF) };

	if (conn->recv.told) {
		m.revoke.id = cpu_to_le16(HV_NVSP_RECV_BUF_ID);
		nv_nvsp_tell(conn, &m);
	}
	if (conn->send.told) {
		m.type = cpu_to_le32(HV_NVSP_REVOKE_SEND_BUF);
		m.revoke.id = cpu_to_le16(HV_NVSP_SEND_BUF_ID);
		nv_nvsp_tell(conn, &m);
	}
	conn->recv.told = false;
	conn->send.told = false;
}

/*
 * Our bus has a reference to each page that the host did not give back, and counts them; the
 * kernel's own has not.  Which one it is shows by a call that only ours has.
 */
static bool nv_bus_keeps_pages(void)
{
	bool ours = symbol_get(hv_ring_kept);

	if (ours)
		symbol_put(hv_ring_kept);
	return ours;
}

static void nv_buf_unmap(struct nv_conn *conn, struct nv_buf *b)
{
	if (!b->shared)
		return;
	if (vmbus_teardown_gpadl(conn->chan, &b->gpadl)) {
		netdev_err(conn->nv->ndev, "%u bytes stay with the host\n", b->bytes);
		/* The host may still write there: better lost than reused. */
		if (!nv_bus_keeps_pages())
			b->mem = NULL;
	}
	b->shared = false;
}

void nv_bufs_unmap(struct nv_conn *conn)
{
	nv_buf_unmap(conn, &conn->recv);
	nv_buf_unmap(conn, &conn->send);
}

void nv_bufs_free(struct nv_conn *conn)
{
	vfree(conn->recv.mem);
	vfree(conn->send.mem);
	conn->recv.mem = NULL;
	conn->send.mem = NULL;
}
