import BatonTestKit
import JSONValue
import Orchestrator
import Testing

@testable import AWSJSONAPI

@Suite struct PageTokenTests {
    let clock = VirtualClock()

    private func invalid(_ tokens: PageTokens, _ token: String, _ scope: [String] = ["list"]) {
        #expect(throws: ServiceError(.invalidToken, "Invalid Token: 'Invalid token'")) {
            try tokens.read(token, in: scope)
        }
    }

    @Test(arguments: ["", "7", "arn:aws:states:us-east-1:0:stateMachine:ä", String(repeating: "k", count: 600)])
    func `a token leads back to its place`(_ key: String) throws {
        let tokens = PageTokens(clock: { [clock] in clock.now() })
        let token = tokens.make(for: PageCursor(key: key), in: ["list", "filter"])
        #expect(token.utf8.count <= 1024)
        #expect(try tokens.read(token, in: ["list", "filter"]).key == key)
    }

    @Test func `it is good for its listing and its server`() {
        let tokens = PageTokens(clock: { [clock] in clock.now() })
        let token = tokens.make(for: PageCursor(key: "k"), in: ["list", "a"])
        invalid(tokens, token, ["list", "b"])
        invalid(tokens, token, ["lista", ""])
        invalid(PageTokens(clock: { [clock] in clock.now() }), token, ["list", "a"])
    }

    @Test func `it expires after a day`() throws {
        let tokens = PageTokens(clock: { [clock] in clock.now() })
        let token = tokens.make(for: PageCursor(key: "k"), in: ["list"])
        clock.advance(seconds: 86_399)
        _ = try tokens.read(token, in: ["list"])
        clock.advance(seconds: 1)
        invalid(tokens, token)
    }

    @Test func `no changed character passes`() {
        let tokens = PageTokens(clock: { [clock] in clock.now() })
        let token = Array(tokens.make(for: PageCursor(key: "key"), in: ["list"]))
        for index in token.indices {
            var forged = token
            forged[index] = forged[index] == "A" ? "B" : "A"
            invalid(tokens, String(forged))
        }
        for text in ["", "A", "====", "ü", String(token.dropLast(4))] { invalid(tokens, text) }
    }

    @Test func `the alphabet is that of URLs`() {
        for length in 0..<40 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 83 + length) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
        #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
        #expect(Base64URL.decode("a+b/") == nil)
    }
}
