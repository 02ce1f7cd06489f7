import JSONValue
import TestSupport
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2016-03-14T01:59:00Z", 1_457_920_740_000_000),
            ("2016-03-14T01:59:00.5Z", 1_457_920_740_500_000), ("2016-03-14T02:59:00+01:00", 1_457_920_740_000_000),
            ("2016-03-13T20:29:00.123456789-05:30", 1_457_920_740_123_456), ("1969-12-31T23:59:59.999Z", -1_000),
            ("2000-02-29T00:00:00Z", 951_782_400_000_000), ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000_000), ("1970-01-01T00:00:00-00:00", 0),
        ] as [(String, Int64)])
    func `date-times are read`(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2016-03-14", "2016-03-14T01:59:00", "2016-03-14 01:59:00Z", "2016-03-14t01:59:00Z", "2016-03-14T01:59:00z",
        "2016-03-14T01:59Z", "2016-13-14T01:59:00Z", "2016-00-14T01:59:00Z", "2015-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z", "2016-04-31T00:00:00Z", "2016-03-14T24:00:00Z", "2016-03-14T01:60:00Z",
        "2016-03-14T23:59:60Z", "2016-03-14T01:59:00.Z", "2016-03-14T01:59:00.1234567890Z", "2016-03-14T01:59:00+0100",
        "2016-03-14T01:59:00+01", "2016-03-14T01:59:00+24:00", "2016-03-14T01:59:00Zx", " 2016-03-14T01:59:00Z",
        "16-03-14T01:59:00Z", "+2016-03-14T01:59:00Z", "２016-03-14T01:59:00Z",
    ])
    func `anything else is refused`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_704_164_645_678_999, "2024-01-02T03:04:05.678Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (-62_135_596_800_000_000, "0001-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func `date-times are written`(microseconds: Int64, expected: String) {
        #expect(Timestamp(microseconds: microseconds).rfc3339 == expected)
    }

    @Test(arguments: [11, 12] as [UInt64])
    func `what is written is read to the same millisecond`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let time = Timestamp(milliseconds: .random(in: -62_135_596_800_000...253_402_300_799_999, using: &random))
            #expect(Timestamp(rfc3339: time.rfc3339) == time)
        }
    }

    @Test func `extreme times print and do not overflow`() {
        #expect(Timestamp(microseconds: .min).rfc3339.hasPrefix("-290308-"))
        #expect(Timestamp(microseconds: .max).rfc3339.hasPrefix("294247-"))
        #expect(Timestamp(microseconds: .max).adding(seconds: 1e10).microseconds == .max)
        #expect(Timestamp(microseconds: -1).milliseconds == -1)
    }
}
