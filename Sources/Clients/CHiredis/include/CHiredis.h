// hiredis' reader of RESP, the protocol of Redis, bound on first use. The layout of its replies differs
// between versions, so only the one whose header this is compiled with is loaded.
#pragma once
#include <CClientLoader.h>
#include <hiredis/hiredis.h>

extern const nb_client nb_hiredis;
