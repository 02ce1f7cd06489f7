import Testing

@testable import AMQP

@Suite struct URLTests {
    @Test(
        "A URL is taken apart and percent-decoded",
        arguments: [
            ("amqp://", "localhost", 5672, "guest", "guest", "/"),
            ("amqp://host", "host", 5672, "guest", "guest", "/"),
            ("amqp://host/", "host", 5672, "guest", "guest", "/"),
            ("amqp://host/%2f", "host", 5672, "guest", "guest", "/"),
            ("amqp://u:p@host:1/v", "host", 1, "u", "p", "v"),
            ("AMQP://u@host/v", "host", 5672, "u", "", "v"),
            ("amqp://u%3A%40:p%2F@%68ost:10000/v%2Fhost%20ä", "host", 10000, "u:@", "p/", "v/host ä"),
            ("amqp://a:b:c@h", "h", 5672, "a", "b:c", "/"),
            ("amqp://[::1]:5673/x", "::1", 5673, "guest", "guest", "x"),
            ("amqps://h/", "h", 5671, "guest", "guest", "/"),
        ])
    func parts(_ text: String, host: String, port: Int, user: String, password: String, vhost: String) throws {
        let url = try AMQPURL(text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.user == user)
        #expect(url.password == password)
        #expect(url.virtualHost == vhost)
        #expect((url.tls != nil) == text.hasPrefix("amqps"))
    }

    @Test(
        "What cannot be meant is refused, without repeating a password",
        arguments: [
            "", "host", "http://u:secret@h", "amqp:/h", "amqp://u:secret@h:port/", "amqp://u:secret@h:0/",
            "amqp://u:secret@h:65536/", "amqp://u:secret@h/%zz", "amqp://u:secret%@h/", "amqp://u:secret@h/a/b",
            "amqp://u:secret@h/?unknown=1", "amqp://u:secret@h/?cacertfile=x", "amqps://u:secret@h/?certfile=x",
            "amqps://u:secret@h/?verify=maybe", "amqp://u:secret@h/v#f", "amqp://u:secret@::1/",
            "amqp://u:secret@h/?heartbeat=-1", "amqp://u:secret%00@h/", "amqp://u:secret@[::1/",
        ])
    func refused(_ text: String) {
        let error = #expect(throws: AMQPError.self) { try AMQPURL(text) }
        #expect(error?.code == .invalidURL)
        #expect(error?.description.contains("secret") == false)
    }

    @Test("Options of TLS and time-outs are read")
    func options() throws {
        let url = try AMQPURL(
            "amqps://h/?cacertfile=/ca%20.pem&certfile=/c&keyfile=/k&password=pw&heartbeat=7&connection_timeout=1500")
        #expect(
            url.tls
                == .init(caCertificateFile: "/ca .pem", certificateFile: "/c", keyFile: "/k", keyPassword: "pw"))
        #expect(url.heartbeat == .seconds(7))
        #expect(url.connectTimeout == .milliseconds(1500))
        #expect(try AMQPURL("amqps://h/?verify=verify_none").tls == .init(verifyPeer: false, verifyHostname: false))
        #expect(try AMQPURL("amqps://h/?server_name_indication=disable").tls == .init(verifyHostname: false))
    }

    @Test("No description shows the password")
    func redaction() throws {
        let url = try AMQPURL("amqps://us%20er:secret@[::1]:99/v%2Fh?password=secret&certfile=a&keyfile=b")
        #expect(url.redacted == "amqps://us%20er@[::1]:99/v%2Fh")
        var dumped = ""
        dump(url, to: &dumped)
        for text in ["\(url)", String(reflecting: url), dumped, "\([url])"] {
            #expect(!text.contains("secret"))
        }
    }
}
