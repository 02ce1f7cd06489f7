/// Names one attempt of one task, for whoever answers it: routes by itself, and cannot be guessed.
///
/// Its text is `PARTITION.EXECUTION.TASK.SECRET`, the numbers in base 36, the secret 128 random bits in hexadecimal.
package struct TaskToken: Sendable, Hashable {
    package var partition: Int
    package var execution: Int64
    /// The task's number within its execution; every attempt has its own.
    package var task: Int
    package var secret: Secret

    package struct Secret: Sendable, Hashable {
        package var high: UInt64
        package var low: UInt64

        package init(high: UInt64, low: UInt64) {
            self.high = high
            self.low = low
        }

        package init(using random: inout some RandomNumberGenerator) {
            self.init(high: random.next(), low: random.next())
        }

        /// 32 hexadecimal digits; nil for any other text.
        package init?(_ text: String) {
            guard text.utf8.count == 32, let high = UInt64(Substring(text.utf8.prefix(16)), radix: 16),
                let low = UInt64(Substring(text.utf8.suffix(16)), radix: 16)
            else { return nil }
            self.init(high: high, low: low)
        }

        package var text: String { TaskToken.hexadecimal(high, low) }
    }

    package init(partition: Int, execution: Int64, task: Int, secret: Secret) {
        self.partition = partition
        self.execution = execution
        self.task = task
        self.secret = secret
    }

    package var text: String {
        // Three numbers of up to 14 bytes, each with its separator, and the secret.
        String(unsafeUninitializedCapacity: 80) { bytes in
            var count = 0
            for number in [Int64(partition), execution, Int64(task)] {
                Self.write(number, to: bytes, at: &count)
                bytes[count] = UInt8(ascii: ".")
                count += 1
            }
            Self.write(hexadecimal: secret.high, to: bytes, at: &count)
            Self.write(hexadecimal: secret.low, to: bytes, at: &count)
            return count
        }
    }

    /// Nil for any text that `text` never makes.
    package init?(_ text: String) {
        var text = text
        guard let token = text.withUTF8({ Self($0) }) else { return nil }
        self = token
    }

    private init?(_ text: UnsafeBufferPointer<UInt8>) {
        var bytes = text.makeIterator()
        guard let partition = Self.readNumber(&bytes), let execution = Self.readNumber(&bytes),
            let task = Self.readNumber(&bytes), let high = Self.readHexadecimal(&bytes),
            let low = Self.readHexadecimal(&bytes), bytes.next() == nil
        else { return nil }
        self.init(
            partition: Int(partition), execution: execution, task: Int(task), secret: Secret(high: high, low: low))
    }

    // MARK: Digits

    private static func write(_ number: Int64, to bytes: UnsafeMutableBufferPointer<UInt8>, at count: inout Int) {
        if number < 0 {
            bytes[count] = UInt8(ascii: "-")
            count += 1
        }
        let start = count
        var rest = number.magnitude
        repeat {
            bytes[count] = digit(rest % 36)
            count += 1
            rest /= 36
        } while rest > 0
        bytes[start..<count].reverse()
    }

    private static func write(
        hexadecimal value: UInt64, to bytes: UnsafeMutableBufferPointer<UInt8>, at count: inout Int
    ) {
        for shift in stride(from: 60, through: 0, by: -4) {
            bytes[count] = digit(value >> UInt64(shift) & 15)
            count += 1
        }
    }

    private static func digit(_ value: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: value) + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
    }

    /// The value of a digit as they are written here: in lower case.
    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// A number in base 36, with the separator behind it; nil where it is written in another way than `write` does.
    private static func readNumber(_ bytes: inout UnsafeBufferPointer<UInt8>.Iterator) -> Int64? {
        var value: Int64 = 0
        var digits = 0
        var isNegative = false
        while let byte = bytes.next() {
            if byte == UInt8(ascii: ".") { return digits > 0 && !(isNegative && value == 0) ? value : nil }
            if byte == UInt8(ascii: "-"), digits == 0, !isNegative {
                isNegative = true
                continue
            }
            // A number does not begin with 0, unless it is that.
            guard let digit = Self.value(of: byte), digits == 0 || value != 0 else { return nil }
            digits += 1
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: 36)
            let (sum, isOver) =
                isNegative
                ? product.subtractingReportingOverflow(Int64(digit)) : product.addingReportingOverflow(Int64(digit))
            guard !isTooLarge, !isOver else { return nil }
            value = sum
        }
        return nil
    }

    private static func readHexadecimal(_ bytes: inout UnsafeBufferPointer<UInt8>.Iterator) -> UInt64? {
        var value: UInt64 = 0
        for _ in 0..<16 {
            guard let byte = bytes.next(), let digit = Self.value(of: byte), digit < 16 else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return value
    }

    fileprivate static func hexadecimal(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 32) { bytes in
            var count = 0
            write(hexadecimal: high, to: bytes, at: &count)
            write(hexadecimal: low, to: bytes, at: &count)
            return count
        }
    }
}
