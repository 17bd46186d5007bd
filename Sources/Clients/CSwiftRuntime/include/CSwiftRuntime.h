// Nothing to call: see CSwiftRuntime.c.
