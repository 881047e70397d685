#!/usr/bin/env bash
# tools/check-rust.sh [PREFIX]: the C door from Rust. Compiles and runs examples/rust against the library installed
# below PREFIX (without it, installs one), and holds every struct and constant it declares against topoloss.h.
set -euo pipefail
cd "$(dirname "$0")/.."
stop() { echo "check-rust: $*" >&2; exit 1; }

rustc=${RUSTC:-rustc}
"$rustc" --version > /dev/null 2>&1 || rustc=/usr/bin/rustc  # a launcher of rustup without a toolchain
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=${1:-$work/prefix}
[ $# = 1 ] || make --no-print-directory install PREFIX="$prefix" > /dev/null
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" LD_LIBRARY_PATH="$prefix/lib"
compile=("$rustc" --edition 2021 -D warnings)

# Size, offsets and numbers as either side sees them, from the names that the Rust module has.
.venv/bin/python - "$work" << 'PYTHON'
import pathlib, re, sys

module = pathlib.Path("examples/rust/topoloss.rs").resolve()
source = module.read_text()
structs = re.findall(r"#\[repr\(C\)\] pub struct (\w+) \{(.*?)\n    \}", source, re.S)
constants = re.findall(r"pub const (TOPOLOSS_\w+): \w+ =", source)
if len(structs) != source.count("#[repr(C)]") or not structs or not constants:
    sys.exit("check-rust: cannot read the declarations of examples/rust/topoloss.rs")
rust, c = [], []
for name, body in structs:
    rust.append(f'println!("{name} {{}}", std::mem::size_of::<{name}>());')
    c.append(f'printf("{name} %zu\\n", sizeof({name}));')
    for field in re.findall(r"pub (\w+):", body):
        rust.append(f'let p = &mut unsafe {{ std::mem::zeroed::<{name}>() }};')
        rust.append(f'println!("{name}.{field} {{}} {{}}", &p.{field} as *const _ as usize - p as *const _ as usize,'
                    f' std::mem::size_of_val(&p.{field}));')
        c.append(f'printf("{name}.{field} %zu %zu\\n", offsetof({name}, {field}), sizeof((({name} *)0)->{field}));')
for name in constants:
    rust.append(f'println!("{name} {{}}", {name});')
    c.append(f'printf("{name} %d\\n", (int){name});')
folder = pathlib.Path(sys.argv[1])
folder.joinpath("layout.rs").write_text(
    f'#![allow(dead_code, unused_mut)]\n#[path = "{module}"]\nmod topoloss;\nuse topoloss::c::*;\n'
    "fn main() {\n" + "\n".join(rust) + "\n}\n")
folder.joinpath("layout.c").write_text(
    "#include <stddef.h>\n#include <stdio.h>\n#include <topoloss.h>\nint main(void) {\n" + "\n".join(c) + "\n}\n")
PYTHON
read -ra flags <<< "$(pkg-config --cflags --libs topoloss)"
read -ra path <<< "$(pkg-config --libs-only-L topoloss)"
gcc -std=c11 "$work/layout.c" -o "$work/layout-c" "${flags[@]}"
"${compile[@]}" "$work/layout.rs" -o "$work/layout-rust" "${path[@]}"
diff <("$work/layout-c") <("$work/layout-rust") >&2 || stop "examples/rust/topoloss.rs (right) is not topoloss.h (left)"

cat > "$work/expected" << 'TEXT'
H0  birth 3  death -inf  creator 93  destroyer None
H2  birth 1  death 0.75  creator 61  destroyer Some(62)
loss 0.395285
voxel 61  gradient 0.158
voxel 62  gradient -0.158
error: value at flat index 0 is NaN
TEXT
# By the command that the file shows.
command=$(sed -n 's|^//   rustc \(.*\) && ./cavities$|\1|p' examples/rust/cavities.rs)
[ -n "$command" ] || stop "examples/rust/cavities.rs does not show how it is compiled"
eval "\"$rustc\" $command -D warnings -o \"$work/cavities\""
"$work/cavities" > "$work/printed" || stop "examples/rust/cavities.rs failed"
diff "$work/expected" "$work/printed" >&2 || stop "examples/rust/cavities.rs prints something else (right)"
echo "check-rust: $("$work/layout-c" | wc -l) sizes, offsets and constants are the header's, the example runs ($("$rustc" --version))"
