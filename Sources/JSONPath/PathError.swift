/// Why a path does not compile or finds nothing.
package struct PathError: Error, Sendable, Hashable {
    package enum Code: Sendable, Hashable {
        /// Not a path, or a filter or function on a value that it does not apply to.
        case invalid
        /// A path to one node, and there is no such node.
        case notFound
        /// The evaluation failed or took too many steps.
        case exception
    }

    package let code: Code
    /// A sentence in the words of Jayway JsonPath where AWS lets it show in a cause: `No results for path: $['a']`.
    package let message: String
    /// Place in the path's text, counted in Unicode scalars from 0.
    package let offset: Int?

    package init(_ code: Code, _ message: String, offset: Int? = nil) {
        self.code = code
        self.message = message
        self.offset = offset
    }
}

extension PathError: CustomStringConvertible {
    package var description: String { message }
}
