/* embed FOLDER CODE...: starts Python, runs a piece of code, ends it, and once more for each further piece (test T10).
 *
 * FOLDER holds the package. The exit code is 0 if each piece ran and Python ended without an error. */
#include <Python.h>
#include <stdio.h>

int main(int argc, char **argv) {
  if (argc < 3) return 64;
  for (int i = 2; i < argc; i++) {
    Py_Initialize();
    PyObject *path = PySys_GetObject("path"), *folder = PyUnicode_DecodeFSDefault(argv[1]);
    int failed = folder == NULL || PyList_Insert(path, 0, folder) != 0 || PyRun_SimpleString(argv[i]) != 0;
    Py_XDECREF(folder);
    if (Py_FinalizeEx() != 0) failed = 1;
    Py_Finalize(); /* once more: nothing happens */
    if (failed) {
      fprintf(stderr, "run %d failed\n", i - 1);
      return 1;
    }
  }
  return 0;
}
