/// Where the server may listen.
package enum ListenerPolicy {
    /// Whether only this machine can reach a listener on `host`.
    package static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        if ["localhost", "::1", "[::1]"].contains(host) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Refuses a listener that others could reach while nothing checks who they are.
    ///
    /// - Parameter allowRemoteWithoutCredentials: the operator answers for the network: in a container, say, whose
    ///   port is published on loopback only.
    package static func check(_ host: String, allowRemoteWithoutCredentials: Bool) throws(ListenerError) {
        guard !isLoopback(host), !allowRemoteWithoutCredentials else { return }
        throw ListenerError(
            message: "will not listen on \(host): others could reach it, and it checks no credentials; listen on"
                + " 127.0.0.1, configure access keys with --keys, or allow it with --allow-remote-without-credentials"
                + " where the network keeps strangers out")
    }
}

/// Why the server cannot listen: one sentence that says what to do.
package struct ListenerError: Error, Sendable, Hashable, CustomStringConvertible {
    package var message: String
    package var description: String { message }

    package init(message: String) { self.message = message }
}
