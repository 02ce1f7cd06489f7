import JSONValue

/// The values of a call's arguments, whose number was checked when the call was compiled.
struct IntrinsicArguments {
    let function: IntrinsicFunction
    let values: [JSON]

    /// `States.Hash` and the Base64 functions refuse longer texts.
    static let maximumTextLength = 10_000
    /// `States.ArrayRange` refuses to make longer arrays.
    static let maximumRangeCount = 1_000

    init(_ function: IntrinsicFunction, _ values: [JSON]) {
        self.function = function
        self.values = values
    }

    func failure(_ reason: String) -> IntrinsicError { .failed("\(function.rawValue): \(reason)") }

    func result(using random: inout some RandomNumberGenerator) throws(IntrinsicError) -> JSON {
        switch function {
        case .format: try format(Self.parts(of: string(0)))
        case .stringToJson: try stringToJson()
        case .jsonToString: .string(values[0].serialized())
        case .array: .array(values)
        case .arrayPartition: try arrayPartition()
        case .arrayContains: .bool(try array(0).contains { $0.isEquivalent(to: values[1]) })
        case .arrayRange: try arrayRange()
        case .arrayGetItem: try arrayGetItem()
        case .arrayLength: .int(Int64(try array(0).count))
        case .arrayUnique: try arrayUnique()
        case .base64Encode: .string(base64Encoded(Array(try limitedText(string(0)).utf8)))
        case .base64Decode: try base64Decode()
        case .hash: try hash()
        case .jsonMerge: try jsonMerge()
        case .mathRandom: try mathRandom(using: &random)
        case .mathAdd: try mathAdd()
        case .stringSplit: try stringSplit()
        case .uuid: .string(uuid(using: &random))
        }
    }

    func string(_ index: Int) throws(IntrinsicError) -> String {
        guard case .string(let value) = values[index] else { throw wrongType(index, "a string") }
        return value
    }

    func array(_ index: Int) throws(IntrinsicError) -> [JSON] {
        guard case .array(let elements) = values[index] else { throw wrongType(index, "an array") }
        return elements
    }

    func object(_ index: Int) throws(IntrinsicError) -> JSONObject {
        guard case .object(let object) = values[index] else { throw wrongType(index, "an object") }
        return object
    }

    /// A number rounded to the nearest integer, halves up, as Java's `Math.round` does.
    func roundedInteger(_ index: Int) throws(IntrinsicError) -> Int64 {
        switch values[index] {
        case .int(let value): return value
        case .double(let value):
            // Not floor(x + 0.5): that sum is inexact just below a half.
            let floor = value.rounded(.down)
            guard let integer = Int64(exactly: value - floor >= 0.5 ? floor + 1 : floor) else {
                throw failure("argument \(index + 1) is too large")
            }
            return integer
        default: throw wrongType(index, "a number")
        }
    }

    func limitedText(_ text: String) throws(IntrinsicError) -> String {
        guard text.utf16.count <= Self.maximumTextLength else {
            throw failure("the input is longer than \(Self.maximumTextLength) characters")
        }
        return text
    }

    func wrongType(_ index: Int, _ expected: String) -> IntrinsicError {
        failure("argument \(index + 1) must be \(expected)")
    }
}
