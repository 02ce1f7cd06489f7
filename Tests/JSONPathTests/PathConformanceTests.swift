import JSONPath
import JSONValue
import TestSupport
import Testing

@Suite struct PathConformanceTests {
    /// What a path answered, in the terms of the recorded cases.
    private enum Answer: CustomStringConvertible {
        case value(JSON)
        case error(PathError)

        init(_ selector: String, on document: JSON) {
            do throws(PathError) {
                self = .value(try Path(selector).evaluate(on: document))
            } catch {
                self = .error(error)
            }
        }

        var description: String {
            switch self {
            case .value(let value): value.serialized()
            case .error(let error): "\(error.code): \(error.message)"
            }
        }
    }

    @Test(.enabled(if: Conformance.isAvailable("jsonpath/asl-paths.json"), "no recorded answers"))
    func `paths answer what Jayway answers`() throws {
        let file = try Conformance.load("jsonpath/asl-paths.json")
        var checked = 0
        for item in file["cases"]?.arrayValue ?? [] where item["notAslPath"] != true {
            let name = "\(item["id"] ?? nil) \(item["selector"] ?? nil)"
            let selector = try #require(item["selector"]?.stringValue)
            let document = try #require(item["doc"]?.stringValue.flatMap { file["docs"]?[$0] })
            let answer = Answer(selector, on: document)
            checked += 1
            if let isDefinite = item["definite"]?.boolValue, let path = try? Path(selector) {
                #expect(path.isDefinite == isDefinite, "\(name)")
            }
            switch (item["error"]?.stringValue, answer) {
            case (nil, .value(let value)):
                #expect(value == item["result"], "\(name): \(answer), expected \(item["result"] ?? nil)")
            case ("not_found", .error(let error)):
                #expect(error.code == .notFound, "\(name): \(answer)")
                #expect(error.message == item["message"]?.stringValue, "\(name)")
            case ("invalid", .error(let error)):
                #expect(error.code == .invalid, "\(name): \(answer)")
            case ("exception", .error):
                break
            case (let error, _):
                Issue.record("\(name): \(answer), expected \(error ?? item["result"]?.serialized() ?? "nothing")")
            }
        }
        #expect(checked > 200)
    }

    @Test(.enabled(if: Conformance.isAvailable("jsonpath/rfc9535-cts.json"), "no recorded answers"))
    func `where RFC 9535 and Jayway agree, so do paths`() throws {
        let file = try Conformance.load("jsonpath/rfc9535-cts.json")
        var checked = 0
        for item in file["cases"]?.arrayValue ?? [] where item["agree"] == true {
            let name = "\(item["id"] ?? nil) \(item["selector"] ?? nil)"
            let selector = try #require(item["selector"]?.stringValue)
            let document = item["document"] ?? JSONValue.JSON.object([:])
            let answer = Answer(selector, on: document)
            checked += 1
            switch (item["jayway"], answer) {
            case (let expected?, .value(let value)):
                #expect(value == expected, "\(name): \(answer), expected \(expected)")
            case (nil, .error):
                break
            case (let expected, _):
                Issue.record("\(name): \(answer), expected \(expected?.serialized() ?? "an error")")
            }
        }
        #expect(checked > 100)
    }

    @Test(.enabled(if: Conformance.isAvailable("jsonpath/aws-paths.json"), "no recorded answers"))
    func `paths answer what AWS answered`() throws {
        let file = try Conformance.load("jsonpath/aws-paths.json")
        for item in file["cases"]?.arrayValue ?? [] {
            let name = "\(item["id"] ?? nil) \(item["path"] ?? nil)"
            let selector = try #require(item["path"]?.stringValue)
            let input = item["input"] ?? [:]
            let scope = PathScope(document: input, context: ["Execution": ["Input": input]])
            do throws(PathError) {
                let value = try Path(selector).evaluate(in: scope)
                #expect(value == item["result"], "\(name): \(value)")
            } catch {
                #expect(item["error"] != nil, "\(name): \(error)")
                #expect(error.code == .notFound)
                if let cause = item["cause"]?.stringValue, cause.contains("Invalid path") {
                    #expect(cause.hasSuffix("Invalid path '\(selector)' : \(error.message)"))
                }
            }
        }
    }
}
