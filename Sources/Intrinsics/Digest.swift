import Crypto

/// The digests of `States.Hash` and `$hash`, by the names that both use; nil for any other name.
package func digest(_ algorithm: String, of bytes: [UInt8]) -> [UInt8]? {
    switch algorithm {
    case "MD5": Array(Insecure.MD5.hash(data: bytes))
    case "SHA-1": Array(Insecure.SHA1.hash(data: bytes))
    case "SHA-256": Array(SHA256.hash(data: bytes))
    case "SHA-384": Array(SHA384.hash(data: bytes))
    case "SHA-512": Array(SHA512.hash(data: bytes))
    default: nil
    }
}
