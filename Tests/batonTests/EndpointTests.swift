import Testing

@testable import baton

@Suite struct EndpointTests {
    @Test(arguments: [
        ("http://127.0.0.1:8083", "http://127.0.0.1:8083"), ("http://localhost", "http://localhost"),
        ("https://baton.example/api/", "https://baton.example/api"), ("http://[::1]:8083", "http://[::1]:8083"),
        ("HTTP://localhost:1", "HTTP://localhost:1"),
    ])
    func `addresses of servers`(text: String, url: String) throws {
        #expect(try Endpoint(text).url == url)
    }

    @Test(arguments: [
        "", "localhost:8083", "ftp://localhost", "http://", "http://:8083/", "http://host:0", "http://host:65536",
        "http://host:port", "http://ho st", "http://host?x", "http://user:password@host",
    ])
    func `what is no address is refused, with an example`(text: String) {
        let error = #expect(throws: CommandError.self) { try Endpoint(text) }
        #expect(error?.status == .usage)
        #expect(error?.message.contains("http://127.0.0.1:8083") == true)
    }

    @Test func `an execution's ARN follows from its machine's`() {
        #expect(
            BatonClient.executionARN(machine: "arn:aws:states:us-east-1:000000000000:stateMachine:m", name: "x")
                == "arn:aws:states:us-east-1:000000000000:execution:m:x")
        #expect(
            BatonClient.executionARN(machine: "arn:aws:states:us-east-1:000000000000:stateMachine:m:live", name: "x")
                == "arn:aws:states:us-east-1:000000000000:execution:m:x")
    }

    @Test(arguments: [("arn:aws:states:r:a:activity:name", "name"), ("plain", "plain"), ("a:b", "a:b")])
    func `short names`(arn: String, name: String) {
        #expect(shortName(arn) == name)
    }
}
