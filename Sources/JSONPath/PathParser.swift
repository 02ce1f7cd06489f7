import JSONValue

/// Parses the text of a path by the rules of Jayway's compiler, including what it lets pass.
struct PathParser {
    let scalars: [Unicode.Scalar]
    var position: Int
    var end: Int
    /// Filters within filters and parentheses, so that no text can exhaust the stack.
    var depth = 0
    var filterPathCount = 0

    static let maximumDepth = 64

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        position = 0
        end = scalars.count
        while end > 0, scalars[end - 1] == " " { end -= 1 }
    }

    /// For a path within a filter, whose text is part of another.
    init(_ scalars: [Unicode.Scalar], from position: Int, to end: Int, depth: Int, filterPathCount: Int) {
        self.scalars = scalars
        self.position = position
        self.end = end
        self.depth = depth
        self.filterPathCount = filterPathCount
    }

    func invalid(_ message: String) -> PathError { PathError(.invalid, message, offset: position) }

    func scalar(at index: Int) -> Unicode.Scalar? { index >= 0 && index < end ? scalars[index] : nil }
    var current: Unicode.Scalar? { scalar(at: position) }

    func text(_ from: Int, _ to: Int) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[from..<to])
        return String(view)
    }

    /// Index of the first scalar after `index` that is no blank.
    func indexOfNextSignificant(after index: Int) -> Int {
        var next = index + 1
        while scalar(at: next) == " " { next += 1 }
        return next
    }

    func nextSignificant(after index: Int) -> Unicode.Scalar? { scalar(at: indexOfNextSignificant(after: index)) }

    mutating func parseRoot() throws(PathError) -> Path.Root {
        guard current == "$" else { throw invalid("A path must begin with '$'") }
        position += 1
        if current == "$" {
            position += 1
            return .context
        }
        guard let first = current, first.properties.isIDStart else { return .document }
        let start = position
        while let next = current, next.properties.isIDContinue { position += 1 }
        return .variable(text(start, position))
    }

    /// Parses all that follows the root.
    mutating func parseSteps() throws(PathError) -> PathPlan {
        if end > 0, scalar(at: end - 1) == ".", position < end {
            throw PathError(.invalid, "Path must not end with a '.' or '..'", offset: end - 1)
        }
        guard position < end else { return PathPlan([]) }
        guard current == "." || current == "[" else {
            throw invalid("Illegal character at position \(position) expected '.' or '['")
        }
        var steps: [PathStep] = []
        while position < end {
            try parseStep(into: &steps)
        }
        guard case .descendants = steps.last else { return PathPlan(steps) }
        throw invalid("Path must not end with a '.' or '..'")
    }

    private mutating func parseStep(into steps: inout [PathStep]) throws(PathError) {
        if current == "." {
            if scalar(at: position + 1) == "." {
                steps.append(.descendants)
                position += 2
            } else {
                position += 1
            }
            guard current != "." else { throw invalid("Character '.' on position \(position) is not valid.") }
        }
        switch current {
        case "[":
            steps.append(try parseBracket())
        case "*":
            position += 1
            steps.append(.wildcard)
        case nil, " ":
            throw invalid("Could not parse token starting at position \(position)")
        default:
            steps.append(try parseName())
        }
    }

    /// `name` or `name(arguments)`.
    private mutating func parseName() throws(PathError) -> PathStep {
        let start = position
        var end = start
        while let scalar = scalar(at: end), scalar != ".", scalar != "[", scalar != "(" {
            guard scalar != " " else {
                throw invalid(
                    "Use bracket notion ['my prop'] if your property contains blank characters. position: \(start)")
            }
            end += 1
        }
        let name = text(start, end)
        position = end
        guard current == "(" else { return .property(name) }
        guard let close = indexOfClosing(from: position, open: "(", close: ")", skipsRegexes: false) else {
            throw invalid("Arguments to function: '\(name)' are not closed properly.")
        }
        guard let functionName = PathFunction.Name(rawValue: name) else {
            throw invalid("Function with name: \(name) does not exist.")
        }
        let arguments = try parseArguments(from: position + 1, to: close)
        // Jayway goes on at the closing parenthesis of a call without arguments: `.max().x` has a step named `)`.
        position = arguments.isEmpty && close + 1 < self.end ? close : close + 1
        return .function(PathFunction(name: functionName, arguments: arguments))
    }

    private mutating func parseArguments(from start: Int, to end: Int) throws(PathError) -> [PathFunction.Argument] {
        var arguments: [PathFunction.Argument] = []
        var index = start
        while index < end, scalars[index] == " " { index += 1 }
        guard index < end else { return [] }
        while true {
            while index < end, scalars[index] == " " { index += 1 }
            guard index < end else { throw invalid("A function argument is missing") }
            if scalars[index] == "$" || scalars[index] == "@" {
                var pathEnd = index
                var nesting = 0
                while pathEnd < end, scalars[pathEnd] != "," || nesting > 0 {
                    if scalars[pathEnd] == "[" || scalars[pathEnd] == "(" { nesting += 1 }
                    if scalars[pathEnd] == "]" || scalars[pathEnd] == ")" { nesting -= 1 }
                    pathEnd += 1
                }
                let plan = try parseNestedPath(from: index, to: pathEnd)
                arguments.append(scalars[index] == "$" ? .documentPath(plan) : .currentPath(plan))
                index = pathEnd
            } else {
                var reader = LenientJSONReader(scalars, from: index, to: end)
                arguments.append(.value(try reader.read()))
                index = reader.position
            }
            while index < end, scalars[index] == " " { index += 1 }
            guard index < end else { return arguments }
            guard scalars[index] == "," else { throw invalid("Function arguments must be separated by commas") }
            index += 1
        }
    }

    /// A path that begins with `$` or `@` within another. Trailing blanks do not belong to it.
    mutating func parseNestedPath(from start: Int, to end: Int) throws(PathError) -> PathPlan {
        guard depth < Self.maximumDepth else { throw invalid("The path is nested too deep") }
        var end = end
        while end > start, scalars[end - 1] == " " { end -= 1 }
        var parser = PathParser(
            scalars, from: start + 1, to: end, depth: depth + 1, filterPathCount: filterPathCount)
        let plan = try parser.parseSteps()
        filterPathCount = parser.filterPathCount
        return plan
    }

    /// Index of the scalar that closes what is opened at `start`. What stands in quotes is skipped.
    func indexOfClosing(
        from start: Int, open: Unicode.Scalar, close: Unicode.Scalar, skipsRegexes: Bool
    ) -> Int? {
        var nesting = 1
        var index = start + 1
        while let scalar = scalar(at: index) {
            if scalar == "'" || scalar == "\"" || (skipsRegexes && scalar == "/") {
                guard let quote = indexOfUnescaped(scalar, after: index) else { return nil }
                index = quote
            } else if scalar == open {
                nesting += 1
            } else if scalar == close {
                nesting -= 1
                if nesting == 0 { return index }
            }
            index += 1
        }
        return nil
    }

    func indexOfUnescaped(_ wanted: Unicode.Scalar, after start: Int) -> Int? {
        var index = start + 1
        while let scalar = scalar(at: index) {
            if scalar == "\\" {
                index += 1
            } else if scalar == wanted {
                return index
            }
            index += 1
        }
        return nil
    }
}
