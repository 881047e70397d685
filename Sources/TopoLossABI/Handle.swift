internal import CTopoLoss
internal import ComputeRuntime

/// What stands behind a handle of the C interface.
protocol HandleObject: AnyObject {
  static var handleKind: HandleKind { get }
}

enum HandleKind: UInt { case diagrams, training, model, cancellation }

/// A new handle of an object, which lives until the handle is destroyed.
func newHandle<Object: HandleObject>(of object: Object) throws(Failure) -> OpaquePointer? {
  guard let token = HandleTable.insert(object, kind: Object.handleKind.rawValue) else {
    throw Failure(TOPOLOSS_ENOMEM, "memory refused for a handle, or 2^26 handles are in use")
  }
  return unsafe OpaquePointer(bitPattern: token)
}

/// The object of a handle; it lives at least as long as the call that asked.
func object<Object: HandleObject>(
  of handle: OpaquePointer?, _: Object.Type = Object.self
) throws(Failure) -> Object {
  guard unsafe handle != nil else {
    throw Failure(TOPOLOSS_EARGUMENT, "\(Object.handleKind) must not be NULL")
  }
  let token = UInt(bitPattern: handle)
  guard let object = HandleTable.object(token, kind: Object.handleKind.rawValue) as? Object else {
    throw Failure(TOPOLOSS_EARGUMENT, "\(Object.handleKind) is no handle, or was destroyed")
  }
  return object
}

/// Destroys a handle. NULL is none, and no error.
func destroyHandle<Object: HandleObject>(_ handle: OpaquePointer?, of _: Object.Type) -> topoloss_status {
  let token = UInt(bitPattern: handle)
  let isDone = unsafe handle == nil || HandleTable.remove(token, kind: Object.handleKind.rawValue)
  return topoloss_status(isDone ? TOPOLOSS_OK : TOPOLOSS_EARGUMENT)
}
