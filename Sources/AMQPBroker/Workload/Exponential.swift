#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

func exponential(_ value: Double) -> Double { exp(value) }
