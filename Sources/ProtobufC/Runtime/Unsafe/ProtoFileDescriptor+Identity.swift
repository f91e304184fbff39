extension ProtoFileDescriptor {
  /// A number that only files of equal content share: the address of the content, a constant of the program.
  package var identity: UInt {
    // The address is compared, never followed. A descriptor of generated code has one; a literal of one character may
    // lack it.
    latin1.hasPointerRepresentation ? UInt(bitPattern: latin1.utf8Start) : 0
  }
}
