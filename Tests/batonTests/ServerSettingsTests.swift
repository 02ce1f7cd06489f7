import JSONValue
import Testing

@testable import baton

@Suite struct ServerSettingsTests {
    private func resolve(
        flags: [ServerSettings.Key: String] = [:], environment: [String: String] = [:], file: JSON? = nil
    ) throws(CommandError) -> ServerSettings {
        try ServerSettings.resolve(
            flags: flags, environment: { environment[$0] }, file: file, fileName: "settings.yaml")
    }

    @Test func `the defaults are those that are documented`() throws {
        let settings = try resolve()
        #expect(settings.database == "baton.db")
        #expect(settings.amqpURL == "amqp://guest:guest@localhost:5672/")
        #expect(settings.listen == "127.0.0.1:8083")
        #expect(settings.region == "us-east-1")
        #expect(!settings.allowRemoteWithoutCredentials)
    }

    @Test func `a flag beats the environment, which beats the file`() throws {
        let file: JSON = ["database": "file.db", "listen": "127.0.0.1:1", "region": "eu-west-1"]
        let environment = ["BATON_DATABASE": "environment.db", "BATON_LISTEN": "127.0.0.1:2"]
        let settings = try resolve(flags: [.database: "flag.db"], environment: environment, file: file)
        #expect(settings.database == "flag.db")
        #expect(settings.listen == "127.0.0.1:2")
        #expect(settings.region == "eu-west-1")
    }

    @Test func `environment variables are named after the flags`() {
        #expect(ServerSettings.Key.amqpURL.environmentName == "BATON_AMQP_URL")
        #expect(
            ServerSettings.Key.allowRemoteWithoutCredentials.environmentName
                == "BATON_ALLOW_REMOTE_WITHOUT_CREDENTIALS")
    }

    @Test func `the file may hold plain booleans`() throws {
        #expect(try resolve(file: ["allow-remote-without-credentials": true]).allowRemoteWithoutCredentials)
        #expect(
            try !resolve(
                environment: ["BATON_ALLOW_REMOTE_WITHOUT_CREDENTIALS": "no"],
                file: ["allow-remote-without-credentials": true]
            ).allowRemoteWithoutCredentials)
    }

    @Test(arguments: [
        (ServerSettings.Key.listen, "8083"), (.listen, "127.0.0.1:"), (.listen, "127.0.0.1:65536"), (.listen, "::1:80"),
        (.listen, "a b:80"), (.amqpURL, "http://localhost"), (.amqpURL, "localhost"), (.logLevel, "loud"),
        (.logFormat, "xml"), (.account, "1234"), (.account, "12345678901a"), (.region, ""), (.region, "us east"),
        (.prefix, "a.b"), (.prefix, ""), (.database, ""), (.allowRemoteWithoutCredentials, "maybe"),
    ])
    func `a wrong value is refused as wrong usage`(key: ServerSettings.Key, value: String) {
        let error = #expect(throws: CommandError.self) { try resolve(flags: [key: value]) }
        #expect(error?.status == .usage)
    }

    @Test func `a password never gets into the message`() {
        let error = #expect(throws: CommandError.self) {
            try resolve(environment: ["BATON_AMQP_URL": "amqp://me:s3cret@host:99999/"])
        }
        #expect(error?.message.contains("s3cret") == false)
        #expect(error?.message.contains("BATON_AMQP_URL") == true)
    }

    @Test func `an unknown name in the file is refused, with the known ones`() {
        let error = #expect(throws: CommandError.self) { try resolve(file: ["databse": "x"]) }
        #expect(error?.message.contains("settings.yaml sets 'databse'") == true)
        #expect(error?.message.contains("amqp-url") == true)
    }

    @Test(arguments: [
        ("127.0.0.1:8083", "127.0.0.1", 8083, true), ("localhost:0", "localhost", 0, true),
        ("[::1]:80", "::1", 80, true),
        ("0.0.0.0:8083", "0.0.0.0", 8083, false), (":8083", "0.0.0.0", 8083, false), ("[::]:1", "::", 1, false),
        ("127.evil.example:80", "127.evil.example", 80, false), ("10.0.0.1:65535", "10.0.0.1", 65_535, false),
    ])
    func `addresses to listen at`(text: String, host: String, port: Int, isLoopback: Bool) throws {
        let address = try ListenAddress(text)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.isLoopback == isLoopback)
    }
}
