#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The system's random numbers, which are cryptographically secure, fetched many at a time: a call of the system takes
/// a tenth of a short step.
struct SystemRandomBuffer: RandomNumberGenerator, Sendable {
    private var numbers: [UInt64] = []
    private var position = 0

    /// 256 bytes: as many as getentropy(3) gives at once.
    private static let size = 32

    mutating func next() -> UInt64 {
        if position == numbers.count { refill() }
        defer { position += 1 }
        return numbers[position]
    }

    private mutating func refill() {
        position = 0
        numbers = Array(unsafeUninitializedCapacity: Self.size) { words, count in
            count = Self.size
            let bytes = UnsafeMutableRawBufferPointer(words)
            #if canImport(Glibc) || canImport(Musl)
            if let start = bytes.baseAddress, getentropy(start, bytes.count) == 0 { return }
            #endif
            var system = SystemRandomNumberGenerator()
            for index in 0..<Self.size {
                bytes.storeBytes(of: system.next(), toByteOffset: index * 8, as: UInt64.self)
            }
        }
    }
}
