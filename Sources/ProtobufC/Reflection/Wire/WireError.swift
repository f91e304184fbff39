/// Bytes that are not a message in protobuf's wire format.
package struct WireError: Error {}
