import NIOCore
import NIOHTTP1

/// Responses as they are on the wire, in one buffer (RFC 9112 section 4).
enum ResponseBytes {
    /// - Parameter withBody: false in the answer to HEAD.
    static func make(
        _ response: APIResponse, date: String, withBody: Bool, _ allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        var bytes = allocator.buffer(capacity: 256 + (withBody ? response.body.count : 0))
        if response.status == 200 {
            bytes.writeStaticString("HTTP/1.1 200 OK\r\nContent-Type: ")
        } else {
            let status = HTTPResponseStatus(statusCode: response.status)
            bytes.writeString("HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\nContent-Type: ")
        }
        bytes.writeString(response.contentType)
        bytes.writeStaticString("\r\nContent-Length: ")
        bytes.writeString(String(response.body.count))
        if let requestID = response.requestID {
            bytes.writeStaticString("\r\nx-amzn-RequestId: ")
            bytes.writeString(requestID)
        }
        bytes.writeStaticString("\r\nDate: ")
        bytes.writeString(date)
        if let challenge = response.challenge {
            bytes.writeStaticString("\r\nWWW-Authenticate: ")
            bytes.writeString(challenge)
        }
        bytes.writeStaticString("\r\n\r\n")
        if withBody { bytes.writeBytes(response.body) }
        return bytes
    }

    /// The answer to what is not HTTP.
    static func malformed(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(staticString: "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    }
}
