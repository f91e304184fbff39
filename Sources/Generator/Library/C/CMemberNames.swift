/// The names that the request to protoc-gen-c has for what a message's struct has.
struct CMemberNames {
  /// The names of the fields, in their order.
  var fields: [String] = []

  /// The names of the one-ofs, in their order.
  var oneOfs: [String] = []

  /// The struct's first member.
  var base = CName.usualBaseMember
}
