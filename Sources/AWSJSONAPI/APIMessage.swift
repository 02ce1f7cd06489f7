package import SignatureV4

/// A request, as far as the API looks at it.
package struct APIRequest: Sendable {
    package var method: String
    /// Without its query.
    package var path: String
    /// `X-Amz-Target`.
    package var target: String?
    /// What a browser adds to requests that a web page makes.
    package var origin: String?
    /// All headers, with `Host`, and the query: what a signature covers.
    package var headers: [SignableRequest.Header]
    package var query: String
    package var body: Body

    package enum Body: Sendable {
        case bytes([UInt8])
        case tooLarge
    }

    package init(
        method: String, path: String, target: String? = nil, origin: String? = nil,
        headers: [SignableRequest.Header] = [], query: String = "", body: Body = .bytes([])
    ) {
        self.method = method
        self.path = path
        self.target = target
        self.origin = origin
        self.headers = headers
        self.query = query
        self.body = body
    }
}

extension APIRequest {
    var signable: SignableRequest {
        SignableRequest(method: method, path: path, query: query, headers: headers)
    }
}

package struct APIResponse: Sendable {
    package var status: Int
    package var contentType: String
    /// `x-amzn-RequestId`, for answers of the API.
    package var requestID: String?
    /// `WWW-Authenticate`, where the answer asks who calls.
    package var challenge: String?
    package var body: [UInt8]
    /// To be called if the response cannot be written: what it carried goes to somebody else.
    package var undelivered: (@Sendable () -> Void)?

    package init(
        status: Int, contentType: String, requestID: String? = nil, challenge: String? = nil, body: [UInt8],
        undelivered: (@Sendable () -> Void)? = nil
    ) {
        self.status = status
        self.contentType = contentType
        self.requestID = requestID
        self.challenge = challenge
        self.body = body
        self.undelivered = undelivered
    }
}
