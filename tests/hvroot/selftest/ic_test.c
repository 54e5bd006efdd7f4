// SPDX-License-Identifier: GPL-2.0-only
/* Integration components: versions, negotiation, answers, time, text, items, checksums. */
#include <stdio.h>
#include <string.h>
#include "services/kvp_msg.h"
#include "services/msg.h"
#include "services/sha256.h"
#include "services/time_msg.h"
#include "services/utf.h"
#include "test.h"

/* ---- versions ---- */

static int versions(const char *text, struct ic_versions *v)
{
	return ic_versions_parse(text, strlen(text), v);
}

static void versions_read(void)
{
	struct ic_versions v;
	char text[64];

	CHECK(!versions("3.0", &v) && v.n == 1 && v.v[0].major == 3 && v.v[0].minor == 0);
	CHECK(!versions("1.0+65535.2", &v) && v.n == 2 && v.v[1].major == 65535 && v.v[1].minor == 2);
	CHECK(!strcmp(ic_versions_text(&v, text, sizeof(text)), "1.0+65535.2"));
	CHECK(ic_versions_has(&v, (struct ic_version){ 1, 0 }));
	CHECK(!ic_versions_has(&v, (struct ic_version){ 1, 1 }));
	CHECK(!versions("none", &v) && !v.n && !versions("", &v) && !v.n);
	CHECK(!strcmp(ic_versions_text(&v, text, sizeof(text)), "none"));
}

static void versions_refused(void)
{
	static const char *const bad[] = {
		"3", "3.", ".0", "3.0+", "+3.0", "3.0,1.0", "a.b", "65536.0", "1.0+-1.0", "3.0 ",
		"1.0+1.1+1.2+1.3+1.4+1.5+1.6+1.7+1.8",
	};
	struct ic_versions v;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(versions(bad[i], &v));
}

/* ---- negotiation ---- */

static struct ic_versions fw, msg;

static enum ic_agreed answer(uint16_t frameworks, uint16_t messages, struct ic_version f,
			     struct ic_version m, size_t len)
{
	struct ic_negotiate n = { .frameworks = frameworks, .messages = messages,
				  .version = { f, m } };
	struct ic_version agreed[2];
	const char *why = NULL;
	enum ic_agreed result = ic_negotiate_get(&n, len, &fw, &msg, agreed, &why);

	if (result == IC_NONSENSE)
		CHECK(why);
	if (result == IC_AGREED)
		CHECK(!memcmp(&agreed[0], &f, 4) && !memcmp(&agreed[1], &m, 4));
	return result;
}

static void negotiation(void)
{
	const struct ic_version v10 = { 1, 0 }, v30 = { 3, 0 }, v40 = { 4, 0 }, v50 = { 5, 0 };
	struct ic_negotiate n;

	versions("1.0+3.0", &fw);
	versions("3.0+4.0", &msg);
	CHECK(ic_negotiate_put(&n, &fw, &msg, 2, 2) == 8 + 16);
	CHECK(n.frameworks == 2 && n.messages == 2 && n.version[1].major == 3 &&
	      n.version[3].major == 4);
	CHECK(ic_negotiate_put(&n, &fw, &msg, 9, 500) == 8 + 16 && n.messages == 500);
	CHECK(answer(1, 1, v30, v40, 16) == IC_AGREED);
	CHECK(answer(1, 1, v10, v30, 44) == IC_AGREED);
	CHECK(answer(0, 0, v10, v30, 16) == IC_NO_MATCH);
	CHECK(answer(0, 0, v10, v30, 8) == IC_NO_MATCH);
	CHECK(answer(1, 1, v30, v50, 16) == IC_NONSENSE);
	CHECK(answer(1, 1, v40, v40, 16) == IC_NONSENSE);
	CHECK(answer(2, 1, v30, v40, 16) == IC_NONSENSE);
	CHECK(answer(1, 0, v30, v40, 16) == IC_NONSENSE);
	CHECK(answer(1, 1, v30, v40, 15) == IC_NONSENSE);
	CHECK(answer(1, 1, v30, v40, 7) == IC_NONSENSE);
}

static void answers(void)
{
	struct {
		struct ic_header h;
		uint8_t data[8];
	} a = { .h = { .type = IC_TYPE_KVP, .flags = 5, .size = 8, .status = IC_NO_MORE_ITEMS } };
	struct ic_header h;

	CHECK(!ic_answer_check(&a, sizeof(a), IC_TYPE_KVP, &h) && h.size == 8);
	CHECK(ic_answer_check(&a, sizeof(a), IC_TYPE_VSS, &h));
	CHECK(ic_answer_check(&a, 19, IC_TYPE_KVP, &h));
	CHECK(ic_answer_check(&a, sizeof(a) - 1, IC_TYPE_KVP, &h));
	a.h.flags = 3;
	CHECK(ic_answer_check(&a, sizeof(a), IC_TYPE_KVP, &h));
	a.h.flags = 4;
	CHECK(ic_answer_check(&a, sizeof(a), IC_TYPE_KVP, &h));
	a.h.flags = 5;
	a.h.type = IC_TYPE_NEGOTIATE;
	a.h.size = 44;		/* as OpenBSD says, whatever is there */
	CHECK(!ic_answer_check(&a, sizeof(a), IC_TYPE_NEGOTIATE, &h));
	CHECK(!strcmp(ic_status_name(IC_NO_MORE_ITEMS), "no more items"));
	CHECK(!strcmp(ic_status_name(12345), "unknown status"));
	CHECK(!strcmp(ic_type_name(7), "FCOPY") && !strcmp(ic_type_name(99), "UNKNOWN"));
}

/* ---- time ---- */

static void seconds(void)
{
	static const char *const bad[] = { "", "-", ".", "1x", "1.2.3", "1e3", "99999999999999", " 1",
					   "0.00000001" };
	int64_t u;

	CHECK(!time_seconds_parse("1", &u) && u == 10000000);
	CHECK(!time_seconds_parse("-3600", &u) && u == -36000000000ll);
	CHECK(!time_seconds_parse("+0.5", &u) && u == 5000000);
	CHECK(!time_seconds_parse("-1.0000001", &u) && u == -10000001);
	CHECK(!time_seconds_parse(".25", &u) && u == 2500000);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(time_seconds_parse(bad[i], &u));
}

static void time_messages(void)
{
	struct time_sample s = { .unix_time = 10000000, .reference = 77, .flags = TIME_SAMPLE,
				 .leap = 3, .stratum = 16 };
	struct ic_time old;
	struct ic_time4 new;
	char text[40];

	CHECK(time_put(&old, (struct ic_version){ 3, 0 }, &s) == sizeof(old));
	CHECK(old.host == 116444736010000000ull && old.flags == 2 && !old.guest);
	CHECK(time_put(&new, (struct ic_version){ 4, 0 }, &s) == sizeof(new));
	CHECK(new.host == old.host && new.reference == 77 && new.leap == 3 && new.stratum == 16);
	CHECK(!strcmp(time_text(new.host, text, sizeof(text)), "1970-01-01 00:00:01.0000000"));
	CHECK(!strcmp(time_text(TIME_UNIX_EPOCH - 1, text, sizeof(text)), "1969-12-31 23:59:59.9999999"));
}

/* ---- text ---- */

static void utf_round_trip(void)
{
	static const char *const texts[] = {
		"", "plain", "gr\xc3\xbc\xc3\x9f", "\xd0\x9c\xd0\xb8\xd1\x80", "\xe4\xb8\xad\xe6\x96\x87",
		"\xf0\x9f\x98\x80\xf0\x90\x80\x80", "\xef\xbf\xbd",
	};
	uint8_t wire[64];
	char back[64];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		long n = utf16_put(wire, sizeof(wire), texts[i]);

		CHECK(n >= 2 && n % 2 == 0);
		CHECK(utf16_get(back, sizeof(back), wire, n) == strlen(texts[i]));
		CHECK(!strcmp(back, texts[i]));
	}
	CHECK(utf16_put(wire, 10, "1234") == 10 && utf16_put(wire, 10, "12345") == -1);
	CHECK(utf16_put(wire, 8, "\xf0\x9f\x98\x80" "2") == 8 && utf16_put(wire, 6, "\xf0\x9f\x98\x80" "2") == -1);
}

static void utf_refused(void)
{
	static const char *const bad[] = {
		"\x80", "\xc3", "\xc3(", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"\xf8\x88\x80\x80\x80", "\xff",
	};
	static const uint8_t lone[] = { 0x3d, 0xd8, 0x41, 0, 0, 0xdc, 0x3d, 0xd8 };
	uint8_t wire[64];
	char back[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(utf16_put(wire, sizeof(wire), bad[i]) == -1);
	utf16_get(back, sizeof(back), lone, sizeof(lone));
	CHECK(!strcmp(back, "\xef\xbf\xbd" "A\xef\xbf\xbd\xef\xbf\xbd"));
	CHECK(utf16_get(back, 6, "A\0B\0C\0", 6) == 2 && !strcmp(back, "AB"));	/* no room */
	CHECK(utf16_get(back, sizeof(back), "A\0B", 3) == 1);
}

static void percent(void)
{
	char text[] = "a%20b%25", bad[] = "x%4", worse[] = "%zz", out[32];

	CHECK(!percent_decode(text) && !strcmp(text, "a b%"));
	CHECK(percent_decode(bad) && percent_decode(worse));
	CHECK(!strcmp(percent_encode(out, sizeof(out), "a=b\n%", "="), "a%3Db%0A%25"));
	CHECK(!strcmp(percent_encode(out, 5, "abcdef", ""), "ab"));
}

/* ---- key-value pairs ---- */

static void items(void)
{
	struct kvp_value v = { 0 };
	struct kvp_item item;
	char long_key[300];

	CHECK(!kvp_put_value(&v, "key", KVP_STRING, "v\xc3\xa4lue"));
	CHECK(v.key_size == 8 && v.value_size == 12 && v.type == 1);
	CHECK(!kvp_get_value(&v, &item) && !strcmp(item.key, "key") && !strcmp(item.value, "v\xc3\xa4lue"));
	CHECK(!kvp_put_value(&v, "n", KVP_U32, "4294967295") && v.value_size == 4);
	CHECK(!kvp_get_value(&v, &item) && !strcmp(item.value, "4294967295"));
	CHECK(kvp_put_value(&v, "n", KVP_U32, "4294967296") && kvp_put_value(&v, "n", KVP_U32, "-1"));
	CHECK(!kvp_put_value(&v, "n", KVP_U64, "0x1234567890") && v.value_size == 8);
	CHECK(!kvp_get_value(&v, &item) && !strcmp(item.value, "78187493520"));
	memset(long_key, 'k', sizeof(long_key));
	long_key[255] = 0;
	CHECK(!kvp_put_value(&v, long_key, KVP_STRING, "") && v.key_size == 512);
	long_key[255] = 'k';
	long_key[256] = 0;
	CHECK(kvp_put_value(&v, long_key, KVP_STRING, ""));
}

static void items_refused(void)
{
	struct kvp_value v = { .type = KVP_STRING, .key_size = 4, .value_size = 2 };
	struct kvp_item item;

	CHECK(!kvp_get_value(&v, &item));
	v.key_size = 514;
	CHECK(kvp_get_value(&v, &item));
	v.key_size = 3;
	CHECK(kvp_get_value(&v, &item));
	v.key_size = 512;
	v.value_size = 2049;
	CHECK(kvp_get_value(&v, &item));
	v.value_size = 2048;
	memset(v.key, 'x', sizeof(v.key));		/* no NUL anywhere */
	memset(v.value, 'x', sizeof(v.value));
	CHECK(kvp_get_value(&v, &item));
	memset(v.key + 510, 0, 2);
	CHECK(kvp_get_value(&v, &item));
	memset(v.value + 2046, 0, 2);
	CHECK(!kvp_get_value(&v, &item));
	memcpy(v.value + 2044, "\x3d\xd8", 2);		/* half a pair, then the NUL */
	CHECK(kvp_get_value(&v, &item));
	memcpy(v.value + 2042, "\x3d\xd8\x00\xde", 4);
	CHECK(!kvp_get_value(&v, &item));
	v.value_size = 0;
	CHECK(kvp_get_value(&v, &item));
	v.value_size = 2048;
	v.type = KVP_U32;
	CHECK(kvp_get_value(&v, &item));
	v.type = 77;
	CHECK(kvp_get_value(&v, &item));
	CHECK(kvp_pool_parse("auto-external") == 3 && kvp_pool_parse("9") == 9);
	CHECK(kvp_pool_parse("256") == -1 && kvp_pool_parse("x") == -1 && kvp_pool_parse("") == -1);
	CHECK(kvp_type_parse("u64") == KVP_U64 && kvp_type_parse("7") == 7 && kvp_type_parse("q") == -1);
}

static void addresses_one(uint16_t major)
{
	struct kvp_addresses a = {
		.adapter = "00:15:5D:00:00:01", .family = 3, .dhcp = 0, .address = "10.0.0.2;fd00::2",
		.subnet = "255.255.0.0;64", .gateway = "10.0.0.1", .dns = "10.0.0.53;fd00::35",
	}, b;
	const struct ic_version v = { major, 0 };
	struct kvp_message m;

	kvp_start(&m, KVP_SET_IP, 0);
	CHECK(!kvp_put_ip(&m, v, &a) && m.bytes[0] == 5);
	CHECK(!kvp_get_ip(m.bytes, sizeof(m.bytes), v, &b));
	CHECK(!strcmp(a.adapter, b.adapter) && !strcmp(a.address, b.address) &&
	      !strcmp(a.subnet, b.subnet) && !strcmp(a.gateway, b.gateway) && !strcmp(a.dns, b.dns));
	CHECK(b.family == 3 && !b.dhcp);
	CHECK(kvp_get_ip(m.bytes, 3000, v, &b));
}

static void addresses(void)
{
	struct kvp_addresses a = { .address = "10.0.0.256" };
	struct ic_version v5 = { 5, 0 };
	struct kvp_message m;

	addresses_one(4);
	addresses_one(5);
	CHECK(kvp_put_ip(&m, v5, &a));
	strcpy(a.address, "10.0.0.1");
	strcpy(a.gateway, "1.1.1.1;1.1.1.2;1.1.1.3;1.1.1.4;1.1.1.5;1.1.1.6");
	CHECK(kvp_put_ip(&m, v5, &a));
	memset(&m, 0xFF, sizeof(m));
	CHECK(kvp_get_ip(m.bytes, sizeof(m.bytes), v5, &a));
	memset(&m, 'A', sizeof(m));		/* text that does not end */
	CHECK(!kvp_get_ip(m.bytes, sizeof(m.bytes), (struct ic_version){ 4, 0 }, &a));
}

/* ---- daemons ---- */

static void daemons(void)
{
	static const uint16_t with[] = { IC_TYPE_KVP, IC_TYPE_VSS, IC_TYPE_FCOPY };

	CHECK(ic_daemon_says(IC_TYPE_KVP, IC_OK) && ic_daemon_says(IC_TYPE_KVP, IC_NO_MORE_ITEMS));
	CHECK(ic_daemon_says(IC_TYPE_VSS, IC_OK) && !ic_daemon_says(IC_TYPE_VSS, IC_NO_MORE_ITEMS));
	CHECK(ic_daemon_says(IC_TYPE_FCOPY, IC_EXISTS) && !ic_daemon_says(IC_TYPE_FCOPY, IC_OK));
	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
		CHECK(!ic_daemon_says(with[i], IC_FAILURE) && !ic_daemon_says(with[i], IC_NOT_SUPPORTED) &&
		      !ic_daemon_says(with[i], IC_BAD_ARGUMENT) && !ic_daemon_says(with[i], ~0u));
	/* the driver itself answers these, whoever is there */
	CHECK(!ic_daemon_says(IC_TYPE_HEARTBEAT, IC_OK) && !ic_daemon_says(IC_TYPE_SHUTDOWN, IC_OK));
	CHECK(!ic_daemon_says(IC_TYPE_TIME, IC_OK) && !ic_daemon_says(IC_TYPE_NEGOTIATE, IC_OK));
}

/* ---- checksum ---- */

static void digest(const char *data, size_t len, size_t piece, const char *want)
{
	struct sha256 s;
	char text[65];

	sha256_start(&s);
	for (size_t at = 0; at < len; at += piece)
		sha256_add(&s, data + at, len - at < piece ? len - at : piece);
	sha256_end(&s, text);
	CHECK(!strcmp(text, want));
}

/* The examples of FIPS 180-4, whole and in pieces. */
static void checksums(void)
{
	static char million[1000000];

	digest("", 0, 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	digest("abc", 3, 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, 56,
	       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(million, 'a', sizeof(million));
	for (size_t piece = 1; piece < 200; piece += 33)
		digest(million, sizeof(million), piece,
		       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

const struct test ic_tests[] = {
	{ "versions_read", versions_read }, { "versions_refused", versions_refused },
	{ "negotiation", negotiation }, { "answers", answers }, { "seconds", seconds },
	{ "time_messages", time_messages }, { "utf_round_trip", utf_round_trip },
	{ "utf_refused", utf_refused }, { "percent", percent }, { "items", items },
	{ "items_refused", items_refused }, { "addresses", addresses },
	{ "daemons", daemons }, { "checksums", checksums }, { NULL, NULL },
};
