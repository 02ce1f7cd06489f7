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

        package var text: String { TaskToken.hexadecimal(high) + TaskToken.hexadecimal(low) }
    }

    package init(partition: Int, execution: Int64, task: Int, secret: Secret) {
        self.partition = partition
        self.execution = execution
        self.task = task
        self.secret = secret
    }

    package var text: String {
        let numbers = [String(partition, radix: 36), String(execution, radix: 36), String(task, radix: 36)]
        return numbers.joined(separator: ".") + "." + secret.text
    }

    /// Nil for any text that `text` never makes.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4,
            let partition = Int(Substring(parts[0]), radix: 36),
            let execution = Int64(Substring(parts[1]), radix: 36),
            let task = Int(Substring(parts[2]), radix: 36),
            let secret = Secret(String(Substring(parts[3])))
        else { return nil }
        self.init(partition: partition, execution: execution, task: task, secret: secret)
        guard self.text.utf8.elementsEqual(text.utf8) else { return nil }
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
