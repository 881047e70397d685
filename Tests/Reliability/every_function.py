"""Run by test_no_code.py in a process of its own: calls every public function of the Python package and reports,
as one JSON object, the events of Python's audit that no data may cause.

    every_function.py CELLS      in a folder with a run of shapr on CELLS in run/

An event counts if this package is among its callers, or whoever caused it in this process, as for processes and
sockets. Importing a module runs its code: that is no data.
"""

import ast
import inspect
import json
import os
import sys

# With these, nobody in the process may do anything.
FORBIDDEN = {
    "pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty",
    "subprocess.Popen", "pty.spawn", "socket.__new__", "socket.connect", "socket.bind", "socket.getaddrinfo",
    "socket.gethostbyname", "urllib.Request", "http.client.connect", "smtplib.connect", "ftplib.connect",
    "webbrowser.open",
}  # fmt: skip
# With these, our functions may not, nor may others for them.
OURS = {"exec", "compile", "marshal.loads", "marshal.load", "ctypes.dlopen", "code.__new__"}
PACKAGE = os.sep + "topoloss_swift" + os.sep

events, called, seen = [], set(), {name: 0 for name in ("import", "exec", "compile", "open")}


def callers(frame):
    """From within."""
    while frame is not None:
        yield frame.f_code
        frame = frame.f_back


def is_of_data(event, codes):
    """Whether a function of the package, and not the import of a module, is what caused it."""
    for code in codes:
        if code.co_filename.startswith("<frozen importlib"):
            return False
        # NumPy parses the header of an array as a literal, which is compiled to a tree but never run.
        if event == "compile" and code.co_filename == ast.__file__:
            return False
        if PACKAGE in code.co_filename and code.co_flags & inspect.CO_OPTIMIZED:
            return True
    return False


def hook(event, arguments):
    if event in seen:
        seen[event] += 1
    if event in FORBIDDEN or event in OURS and is_of_data(event, callers(sys._getframe(1))):
        files = [code.co_filename for code in callers(sys._getframe(1))]
        events.append([event, repr(arguments)[:200], files[:8]])


def main(cells):
    sys.addaudithook(hook)
    import numpy

    import topoloss_swift as topology
    from topoloss_swift import shapr
    from topoloss_swift.report import command, mesh_command

    def call(module, name, *arguments, **options):
        called.add((module.__name__, name))
        return getattr(module, name)(*arguments, **options)

    diagrams_and_distances(numpy, topology, call)
    training(numpy, shapr, call, cells)
    commands(command, mesh_command)
    scikit_learn(numpy)
    errors = {name for name in topology.__all__ if name.endswith("Error")}
    public = {(module.__name__, name) for module in (topology, shapr) for name in module.__all__}
    missing = public - called - {(topology.__name__, name) for name in errors}
    return {"events": events, "missing": sorted(missing), "seen": seen, "called": len(called)}


def diagrams_and_distances(numpy, topology, call):
    noise = numpy.random.default_rng(0)
    prediction, target = noise.random((2, 8, 8, 8)), noise.random((2, 8, 8, 8))
    call(topology, "build_info")
    first, second = (
        call(topology, "persistence_diagrams", batch, spatial_dims=3) for batch in (prediction, target)
    )
    one, other = first[0][2], second[0][2]
    # They were made above; a copy, and their texts.
    called.update((topology.__name__, name) for name in ("Diagram", "Diagrams"))
    repr(first[0]), repr(one), one.points, one.voxels
    for name in ("wasserstein", "bottleneck", "sliced_wasserstein"):
        call(topology, name, one, other)
    repr(call(topology, "wasserstein_certificate", one, other))
    called.add((topology.__name__, "WassersteinCertificate"))
    call(topology, "wasserstein_batch", [one, other], [other, one])
    call(topology, "total_persistence", one)
    call(topology, "persistent_entropy", one)
    call(topology, "resample", prediction, resolution=4, spatial_dims=3)
    targets = call(topology, "target_diagrams", target[0], resolution=4)
    call(topology, "topological_loss", prediction[0], targets, resolution=4)
    call(topology, "topological_loss_and_gradient", prediction, target, spatial_dims=3)
    call(topology, "topological_loss_terms", prediction[0], target[0])


def training(numpy, shapr, call, folder):
    settings = {"base_filters": 1, "epochs": 1, "topological_resolution": 4, "threads": 2, "folds": 3}
    cells = call(shapr, "read_folder", folder)
    called.add((shapr.__name__, "Cells"))
    images, masks, objects = (array[:, ..., 24:40, 24:40] for array in cells[:3])
    model = call(shapr, "Shapr", settings, adversarial_epochs=1)
    model.fit(images, masks, objects, checkpoint="state", on_epoch=dict, on_step=dict)
    model.fit(images, masks, objects, checkpoint="state", resume=True)
    model.save("weights")
    model = shapr.Shapr.load("weights")
    model.evaluate(images, masks, objects)
    model.score(model.predict(images, masks), objects)
    with open("settings.json", "w") as file:
        json.dump(settings, file)
    repr(shapr.Shapr("settings.json"))
    with open("split.json", "w") as file:
        json.dump({"train": cells.names[:3], "val": cells.names[3:]}, file)
    call(shapr, "train", folder, "settings.json", split="split.json", epochs=0)
    tested = call(shapr, "cross_validate", images, masks, objects, cells.names, settings=settings, epochs=0)
    for format in ("text", "csv", "markdown", "rows"):
        call(shapr, "compare", tested, tested, format=format)
    numpy.save("volume.npy", objects[0])


def commands(command, mesh_command):
    """The report of a run that was left there, a gallery, and a mesh."""
    for main, arguments in (
        (command.main, ["run", "--baseline", "run", "--output", "report.html"]),
        (command.main, ["--gallery", "run/fold-0/predictions", "--output", "gallery.html"]),
        (mesh_command.main, ["volume.npy", "--output", "meshes"]),
    ):
        sys.argv = ["command", *arguments]
        code = main()
        assert code == 0, (arguments, code)


def scikit_learn(numpy):
    try:
        from topoloss_swift.sklearn import CubicalPersistence
    except ImportError:
        return
    CubicalPersistence().fit_transform(numpy.random.default_rng(0).random((3, 6, 6, 6)))


if __name__ == "__main__":
    sys.stdout, output = sys.stderr, sys.stdout
    print(json.dumps(main(sys.argv[1])), file=output)
