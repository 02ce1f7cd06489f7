import Testing

@testable import SignatureV4

/// The example of AWS's published test suite, with its key and time; signatures beyond that suite are botocore's.
@Suite struct SignatureTests {
    static let secret = SecretText("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    static let time = SigningTime(seconds: 1_440_938_160)
    static let credentials = SigningCredentials(accessKeyID: "AKIDEXAMPLE", secret: secret)
    static let signer = Signer(credentials: credentials, region: "us-east-1", service: "service")

    struct Case: Sendable, CustomTestStringConvertible {
        var method = "GET"
        var path = "/"
        var query = ""
        var header: (String, String)?
        var body = ""
        var signature: String
        var testDescription: String { "\(method) \(path)?\(query) \(header.map { "\($0): \($1)" } ?? "")" }

        var request: SignableRequest {
            SignableRequest(
                method: method, path: path, query: query,
                headers: [("Host", "example.amazonaws.com")] + (header.map { [(name: $0, value: $1)] } ?? []))
        }
    }

    static let letters = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    static let cases = [
        Case(signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        Case(
            query: "Param2=value2&Param1=value1",
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        Case(
            query: "Param1=value2&Param1=Value1",
            signature: "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"),
        Case(
            method: "POST", header: ("My-Header1", "value1"),
            signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"),
        Case(
            method: "POST", header: ("Content-Type", "application/x-www-form-urlencoded"), body: "Param1=value1",
            signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
        Case(
            header: ("My-Header1", "  a   b   c  "),
            signature: "6ff6bc3cebca8811504dc903f3a072c310d9f48f8ee5c0b08115052209439e1b"),
        Case(
            path: "/%E1%88%B4", signature: "697b34846207a3f72246f99d74ae1ee4fe54f44bb06730c58a0d339eb079596d"),
        Case(path: "/example/..", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        Case(
            path: "/./example//x/", signature: "16a5639c376d281c4bf542bec8a09c6cc4b6826c994651f2c1e8760671487188"),
        Case(
            path: "/example%20space/", signature: "446b817944c553435b35e813c261ff4e161fff982d1bacdef1c87f6785dd1662"),
        Case(
            query: "%E1%88%B4=bar", signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
        Case(
            query: "\(letters)=\(letters)",
            signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"),
    ]

    @Test(arguments: cases)
    func `a request is signed as AWS and botocore sign it, and what was signed can be read`(_ example: Case) throws {
        let hash = PayloadHash.of(Array(example.body.utf8))
        let added = Self.signer.sign(example.request, payloadHash: hash, at: Self.time)
        var signed = example.request
        signed.headers += added
        let claim = try SignatureClaim(signed)
        #expect(claim.signature == example.signature)
        #expect(claim.accessKeyID == "AKIDEXAMPLE")
        #expect(claim.scope == CredentialScope(date: "20150830", region: "us-east-1", service: "service"))
        #expect(claim.time == Self.time)
        let key = SigningKey(secret: Self.secret, scope: claim.scope)
        let canonical = CanonicalRequest(signed, signedHeaders: claim.signedHeaders, payloadHash: hash)
        #expect(key.isValid(claim.signature, of: canonical, at: claim.time))
        let otherBody = CanonicalRequest(
            signed, signedHeaders: claim.signedHeaders, payloadHash: PayloadHash.of([1, 2, 3]))
        #expect(!key.isValid(claim.signature, of: otherBody, at: claim.time))
        #expect(!key.isValid(claim.signature + "00", of: canonical, at: claim.time))
        #expect(!key.isValid(String(claim.signature.reversed()), of: canonical, at: claim.time))
        #expect(!key.isValid("", of: canonical, at: claim.time))
    }

    @Test func `a session's token is signed too`() {
        var signer = Self.signer
        signer.credentials.sessionToken = SecretText("TOKEN/+==")
        let request = SignableRequest(method: "POST", path: "/", headers: [("host", "example.amazonaws.com")])
        let added = signer.sign(request, payloadHash: PayloadHash.empty, at: Self.time)
        #expect(added.map(\.name) == ["X-Amz-Date", "X-Amz-Security-Token", "Authorization"])
        #expect(
            added.last?.value
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=host;x-amz-date;x-amz-security-token, "
                + "Signature=b75645d348959f07c6edd65db66deb9ecdc294208fe28346709f3bf879fedd53")
    }

    @Test func `S3's paths are signed as they are, with the payload's hash`() {
        let signer = Signer.s3(credentials: Self.credentials, region: "us-east-1")
        let request = SignableRequest(
            method: "GET", path: "/bucket/a%20b//c", headers: [("host", "example.amazonaws.com")])
        let added = signer.sign(request, payloadHash: PayloadHash.empty, at: Self.time)
        #expect(
            added.last?.value.hasSuffix(
                "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
                    + "Signature=733d3aca86e9b18ce0af52d82b423f11151147ebeb182145f96f286742582537") == true)
    }

    @Test func `a URL can be signed`() throws {
        let request = SignableRequest(method: "GET", path: "/", headers: [("host", "example.amazonaws.com")])
        let query = Self.signer.presign(request, payloadHash: PayloadHash.empty, validity: 3600, at: Self.time)
        #expect(
            query == "X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request"
                + "&X-Amz-Date=20150830T123600Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host"
                + "&X-Amz-Signature=e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d")
        var signed = request
        signed.query = query
        let claim = try SignatureClaim(signed)
        #expect(claim.isPresigned && claim.validity == 3600 && claim.signedHeaders == ["host"])
        let key = SigningKey(secret: Self.secret, scope: claim.scope)
        #expect(
            key.isValid(
                claim.signature,
                of: CanonicalRequest(signed, signedHeaders: claim.signedHeaders, payloadHash: PayloadHash.empty),
                at: claim.time))
    }
}

@Suite struct SignatureClaimTests {
    static let date: SignableRequest.Header = ("X-Amz-Date", "20150830T123600Z")
    static let good = "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request,SignedHeaders=host,Signature=00"

    @Test func `a request without a signature is told from one that is half signed`() {
        #expect(throws: SignatureClaim.Problem.missing) {
            try SignatureClaim(SignableRequest(method: "POST", path: "/"))
        }
        #expect(throws: Never.self) {
            try SignatureClaim(
                SignableRequest(method: "POST", path: "/", headers: [("authorization", Self.good), Self.date]))
        }
    }

    static let incomplete: [(authorization: String, date: String?)] = [
        ("Bearer x", "20150830T123600Z"),
        ("", "20150830T123600Z"),
        ("AWS4-HMAC-SHA256", "20150830T123600Z"),
        ("AWS4-HMAC-SHA2567 Credential=A/20150830/r/s/aws4_request,SignedHeaders=host,Signature=00", nil),
        ("AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request,SignedHeaders=host", "20150830T123600Z"),
        ("AWS4-HMAC-SHA256 Credential=A/20150830/r/aws4_request,SignedHeaders=host,Signature=0", "20150830T123600Z"),
        ("AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws5,SignedHeaders=host,Signature=00", "20150830T123600Z"),
        (good, nil), (good, "yesterday"), (good, "20150230T123600Z"), (good, "20150830T243600Z"),
    ]

    @Test(arguments: incomplete)
    func `half a signature is refused without repeating it`(_ authorization: String, _ date: String?) {
        var headers: [SignableRequest.Header] = [("Authorization", authorization)]
        if let date { headers.append(("x-amz-date", date)) }
        do {
            _ = try SignatureClaim(SignableRequest(method: "POST", path: "/", headers: headers))
            Issue.record("not refused")
        } catch SignatureClaim.Problem.incomplete(let reason) {
            #expect(!reason.isEmpty && !reason.contains("Bearer"))
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test(arguments: ["0", "604801", "-1", "x", ""])
    func `a presigned request is valid for a second to a week`(_ validity: String) {
        let query =
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20150830%2Fr%2Fs%2Faws4_request"
            + "&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Signature=00&X-Amz-Expires=\(validity)"
        #expect(throws: SignatureClaim.Problem.self) {
            try SignatureClaim(SignableRequest(method: "POST", path: "/", query: query))
        }
    }
}

@Suite struct SigningTimeTests {
    @Test(
        arguments: [
            (0, "19700101T000000Z"), (1_440_938_160, "20150830T123600Z"), (951_827_696, "20000229T123456Z"),
            (4_107_542_399, "21000228T235959Z"), (-1, "19691231T235959Z"), (253_402_300_799, "99991231T235959Z"),
        ] as [(Int64, String)])
    func `times are written and read`(_ seconds: Int64, _ text: String) {
        #expect(SigningTime(seconds: seconds).description == text)
        #expect(SigningTime(text) == SigningTime(seconds: seconds))
    }
}

@Suite struct SecretTextTests {
    @Test func `nothing prints a secret`() {
        let secret = SecretText("hunter2")
        let credentials = SigningCredentials(accessKeyID: "A", secret: secret, sessionToken: SecretText("hunter2"))
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in [
            "\(secret)", String(reflecting: secret), "\(credentials)", String(reflecting: credentials), dumped,
        ] {
            #expect(!text.contains("hunter2"))
        }
        #expect(secret.equals("hunter2") && !secret.equals("hunter") && !secret.equals("hunter22"))
    }
}
