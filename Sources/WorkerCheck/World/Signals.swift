#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// - Returns: whether there was somebody to receive it.
func sendTerminate(_ pid: Int32) -> Bool { pid > 1 && kill(pid, SIGTERM) == 0 }

func isAlive(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }
