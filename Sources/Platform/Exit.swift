import CPosix
import Glibc

/// Ends the process with `status`, running no atexit handlers: nb has flushed what it wrote.
public func exitProcess(_ status: Int32) -> Never { _exit(status) }
