#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Whether there is such a process, and we may end it.
func isOurs(_ pid: Int32) -> Bool { pid > 1 && kill(pid, 0) == 0 }

/// Asks it to end.
func terminate(_ pid: Int32) { if pid > 1 { kill(pid, SIGTERM) } }

func isAlive(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }
