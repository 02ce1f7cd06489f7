import JSONValue
import JSONata

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Measures JSONata expressions: how many are parsed, and how many evaluations done, in a second, and how that compares
/// to reading the document.
///
/// A benchmark is a file with an array of cases and, next to it, `data/NAME.json`. A case has a `name`, an `expr`, its
/// `data` (a document's name, or null for none), `bindings` if any, and the expected `result`.
struct EvaluationBenchmark {
    private let cases: [Case]

    private struct Case {
        var name: String
        var document: String?
        var request: EvaluationRequest
        var expected: JSON?
        /// The text whose reading the evaluation is compared to.
        var text: String
    }

    /// Cases without a document are compared to reading this one.
    fileprivate static let standardDocument = "dataset5"
    /// Each is as long as it takes for the machine's hiccups to show in few of them.
    private static let rounds = 9

    /// - Parameter path: the file with the cases, or the folder with a `cases.json`.
    init(path: String) throws(CommandError) {
        let isFile = path.hasSuffix(".json")
        let prefix: String
        if isFile {
            prefix = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        } else {
            prefix = path.hasSuffix("/") ? path : path + "/"
        }
        guard let items = try Self.json(isFile ? path : prefix + "cases.json").arrayValue else {
            throw CommandError(.usage, "\(path) is not a benchmark: it has to be an array of cases.")
        }
        var texts: [String: String] = [:]
        var cases: [Case] = []
        for item in items {
            guard let expression = item["expr"]?.stringValue else {
                throw CommandError(.usage, "\(path) is not a benchmark: a case has no 'expr'.")
            }
            let document = item["data"]?.stringValue
            let name = document ?? Self.standardDocument
            if texts[name] == nil { texts[name] = try InputFile.text("\(prefix)data/\(name).json") }
            var request = EvaluationRequest(expression)
            request.bindings = item["bindings"]?.objectValue ?? JSONObject()
            if document != nil { request.input = try Self.json("\(prefix)data/\(name).json") }
            cases.append(
                Case(
                    name: item["name"]?.stringValue ?? expression, document: document, request: request,
                    expected: item["result"], text: texts[name] ?? ""))
        }
        self.cases = cases
    }

    private static func json(_ path: String) throws(CommandError) -> JSON {
        let text = try InputFile.text(path)
        do throws(JSONError) {
            return try JSON(parsing: text)
        } catch {
            throw CommandError(.usage, "\(path) is not JSON: \(error).")
        }
    }

    func run() throws(CommandError) -> Report {
        var report = Report()
        for item in cases {
            Terminal.standard.transient("measuring \(item.name)")
            report.results.append(try measure(item))
        }
        Terminal.standard.clearTransient()
        return report
    }

    private func measure(_ item: Case) throws(CommandError) -> Result {
        let request = item.request
        let bindings = Dictionary(request.bindings.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
        var environment = request.environment()
        environment.limits.interrupt = nil
        var result = Result(name: item.name, document: item.document)
        do throws(JSONataError) {
            let expression = try Expression(request.expression, level: request.level.compatibility)
            let value = try expression.evaluate(request.input, bindings: bindings, environment: environment)
            result.isCorrect = Self.isSame(value, item.expected)
            var ratios: [Double] = []
            for _ in 0..<Self.rounds {
                let reads = try Self.rate(milliseconds: 60) { () throws(JSONataError) in
                    _ = try? JSON(parsing: item.text)
                }
                let evaluations = try Self.rate(milliseconds: 120) { () throws(JSONataError) in
                    _ = try expression.evaluate(request.input, bindings: bindings, environment: environment)
                }
                let parses = try Self.rate(milliseconds: 40) { () throws(JSONataError) in
                    _ = try Expression(request.expression, level: request.level.compatibility)
                }
                result.reads = max(result.reads, reads)
                result.evaluations = max(result.evaluations, evaluations)
                result.parses = max(result.parses, parses)
                ratios.append(reads / evaluations)
            }
            result.ratio = ratios.sorted()[ratios.count / 2]
        } catch {
            throw CommandError(.failed, "\(item.name): \(error)")
        }
        return result
    }

    /// How often some work is done in a second.
    private static func rate(
        milliseconds: Int, _ work: () throws(JSONataError) -> Void
    ) throws(JSONataError) -> Double {
        let clock = ContinuousClock()
        let began = clock.now
        var count = 0
        var batch = 1
        var elapsed = 0.0
        let wanted = Double(milliseconds) / 1_000
        while elapsed < wanted {
            for _ in 0..<batch { try work() }
            count += batch
            elapsed = (clock.now - began) / .seconds(1)
            // Looking at the clock must not be what is measured.
            if elapsed < wanted / 20 { batch *= 2 }
        }
        return Double(count) / elapsed
    }

    /// Numbers are doubles, however they are written.
    private static func isSame(_ left: JSON?, _ right: JSON?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.isEquivalent(to: right)
    }
}

extension EvaluationBenchmark {
    struct Result {
        var name: String
        var document: String?
        var isCorrect = false
        /// Per second, each the best of the rounds.
        var parses = 0.0, evaluations = 0.0, reads = 0.0
        /// An evaluation's time divided by that of reading the document; the median of the rounds.
        var ratio = 0.0

        /// How many times the reference's rate.
        var speedup: Double? { ReferenceRates.evaluations(of: name).map { evaluations / $0 } }
        /// The same, each in units of the time that reading the document takes its own JSON parser.
        var scaledSpeedup: Double? {
            guard let evaluations = ReferenceRates.evaluations(of: name),
                let reads = ReferenceRates.reads(of: document ?? EvaluationBenchmark.standardDocument)
            else { return nil }
            return reads / evaluations / ratio
        }
    }

    struct Report {
        var results: [Result] = []

        var isCorrect: Bool { results.allSatisfy(\.isCorrect) }

        var json: JSON {
            .array(
                results.map { result in
                    [
                        "name": .string(result.name), "data": result.document.map { .string($0) } ?? .null,
                        "ok": .bool(result.isCorrect), "parsePerSecond": .double(result.parses.rounded()),
                        "evalPerSecond": .double(result.evaluations.rounded()),
                        "jsonParsePerSecond": .double(result.reads.rounded()),
                        "ratio": Self.json(result.ratio),
                        "speedup": result.speedup.map { Self.json($0) } ?? .null,
                        "scaledSpeedup": result.scaledSpeedup.map { Self.json($0) } ?? .null,
                    ]
                })
        }

        private static func json(_ number: Double) -> JSON { .double((number * 1_000).rounded() / 1_000) }

        func print() {
            let style = Terminal.standard.style
            var table = Table(
                "CASE", "DOCUMENT", "PARSE/S", "EVAL/S", "JSON PARSE/S", "EVAL ÷ JSON PARSE", "× JSONATA-JS", "SCALED",
                "")
            for result in results {
                table.add(
                    (result.name, style.bold), (result.document ?? "none", nil), (Self.grouped(result.parses), nil),
                    (Self.grouped(result.evaluations), nil), (Self.grouped(result.reads), nil),
                    (Self.decimal(result.ratio), nil), (result.speedup.map(Self.decimal) ?? "", nil),
                    (result.scaledSpeedup.map(Self.decimal) ?? "", nil),
                    (result.isCorrect ? "" : "wrong result", style.red))
            }
            if let speedup = Self.geometricMean(results.compactMap(\.speedup)),
                let scaled = Self.geometricMean(results.compactMap(\.scaledSpeedup))
            {
                table.add(
                    ("geometric mean", style.bold), ("", nil), ("", nil), ("", nil), ("", nil), ("", nil),
                    (Self.decimal(speedup), style.bold), (Self.decimal(scaled), style.bold), ("", nil))
            }
            table.print()
        }

        private static func geometricMean(_ numbers: [Double]) -> Double? {
            numbers.isEmpty ? nil : exp(numbers.map { log($0) }.reduce(0, +) / Double(numbers.count))
        }

        /// With commas, at the right end of a column.
        private static func grouped(_ number: Double) -> String {
            var digits = String(Int(number.rounded()))
            var groups: [String] = []
            while digits.count > 3 {
                groups.insert(String(digits.suffix(3)), at: 0)
                digits.removeLast(3)
            }
            let text = ([digits] + groups).joined(separator: ",")
            return String(repeating: " ", count: max(0, 10 - text.count)) + text
        }

        private static func decimal(_ number: Double) -> String {
            let hundredths = Int((number * 100).rounded())
            let text = "\(hundredths / 100).\(hundredths % 100 / 10)\(hundredths % 10)"
            return String(repeating: " ", count: max(0, 10 - text.count)) + text
        }
    }
}
