/// What a request's member may be, as the service model says it.
///
/// The model is the Step Functions API of 2016-11-23, https://github.com/boto/botocore in
/// `botocore/data/stepfunctions/2016-11-23/service-2.json.gz`.
indirect enum Shape: Sendable {
    case string(StringShape)
    case integer(ClosedRange<Int64>? = nil)
    case number(ClosedRange<Double>)
    case boolean
    case list(Shape, ListBounds? = nil)
    case structure([Member])

    struct Member: Sendable {
        var name: String
        var shape: Shape
        var isRequired: Bool
    }
}

struct ListBounds: Sendable {
    var lengths: ClosedRange<Int>
    /// The model's name for an element, as errors show it.
    var elementName: String
}

struct StringShape: Sendable {
    var minimum: Int?
    var maximum: Int?
    /// Whether lengths count bytes of UTF-8, as they do for payloads, rather than characters.
    var countsBytes = false
    /// What a value of this shape is never shown in an error.
    var isSensitive = false
    var values: [String]?
    var pattern: Pattern?

    struct Pattern: Sendable {
        /// As the error shows it.
        var text: String
        var matches: @Sendable (String) -> Bool
    }
}

extension Shape {
    static func string(
        _ lengths: ClosedRange<Int>, sensitive: Bool = false, bytes: Bool = false, pattern: StringShape.Pattern? = nil
    ) -> Shape {
        .string(
            StringShape(
                minimum: lengths.lowerBound == 0 ? nil : lengths.lowerBound, maximum: lengths.upperBound,
                countsBytes: bytes, isSensitive: sensitive, pattern: pattern))
    }

    static func values(_ values: [String]) -> Shape { .string(StringShape(values: values)) }
}

extension Shape.Member {
    static func required(_ name: String, _ shape: Shape) -> Self {
        Self(name: name, shape: shape, isRequired: true)
    }

    static func optional(_ name: String, _ shape: Shape) -> Self {
        Self(name: name, shape: shape, isRequired: false)
    }
}
