import JSONValue
import StatesLanguage

/// Findings as code scanners read them: SARIF 2.1.0,
/// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
struct SARIFLog {
    let reports: [DiagnosticReport]

    var json: JSON {
        // In the order of their first appearance.
        var rules: [String] = []
        for finding in reports.flatMap(\.diagnostics) where !rules.contains(finding.code) {
            rules.append(finding.code)
        }
        let results = reports.flatMap { report in
            report.diagnostics.map { Self.result($0, in: report.path, rule: rules.firstIndex(of: $0.code) ?? 0) }
        }
        return [
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                [
                    "tool": [
                        "driver": [
                            "name": "baton", "semanticVersion": .string(BatonVersion.number),
                            "rules": .array(rules.map(Self.rule)),
                        ]
                    ],
                    "columnKind": "unicodeCodePoints",
                    "artifacts": .array(reports.map { ["location": ["uri": .string(Self.uri($0.path))]] }),
                    "results": .array(results),
                ]
            ],
        ]
    }

    private static func rule(_ code: String) -> JSON {
        // MISSING_END_STATE reads as "Missing end state".
        let words = code.split(separator: "_").joined(separator: " ").lowercased()
        return [
            "id": .string(code),
            "shortDescription": ["text": .string(words.prefix(1).uppercased() + words.dropFirst())],
        ]
    }

    private static func result(_ finding: Diagnostic, in path: String, rule: Int) -> JSON {
        var physical: JSONObject = ["artifactLocation": ["uri": .string(uri(path))]]
        if let line = finding.line {
            physical["region"] = [
                "startLine": .int(Int64(line)), "startColumn": .int(Int64(finding.column ?? 1)),
            ]
        }
        var location: JSONObject = ["physicalLocation": .object(physical)]
        if !finding.location.isEmpty {
            location["logicalLocations"] = [["fullyQualifiedName": .string(finding.location)]]
        }
        return [
            "ruleId": .string(finding.code), "ruleIndex": .int(Int64(rule)),
            "level": finding.severity == .error ? "error" : "warning",
            "message": ["text": .string(finding.message)], "locations": [.object(location)],
        ]
    }

    /// A relative path as a relative reference, an absolute one as a file URI (RFC 3986).
    static func uri(_ path: String) -> String {
        if path == "-" { return "stdin" }
        var text = path.hasPrefix("/") ? "file://" : ""
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in path.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += "%" + String(decoding: [digits[Int(byte >> 4)], digits[Int(byte & 15)]], as: UTF8.self)
            }
        }
        return text
    }
}
