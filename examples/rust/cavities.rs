// Persistence diagrams of a volume, and the topological loss with its gradient, in Rust (1.63 or newer, no crates).
//
//   rustc --edition 2021 -O examples/rust/cavities.rs $(pkg-config --libs-only-L topoloss) && ./cavities
mod topoloss;
use topoloss::{loss_and_gradient, Diagrams, Error, Pair, Volume};

/// A 5 x 5 x 5 volume: a box, brighter to the right, with one darker voxel inside.
fn cell(cavity: f32) -> Vec<f32> {
    let inside = |i: &usize| [i / 25, i / 5 % 5, i % 5].iter().all(|axis| (1..4).contains(axis));
    let bright = |i: usize| if inside(&i) { (i % 5) as f32 } else { 0.0 };
    (0..125).map(|i| if i == 62 { cavity } else { bright(i) }).collect()
}

fn main() -> Result<(), Error> {
    let (prediction, truth) = (cell(0.75), cell(0.25));
    let (prediction, truth) = (Volume::new(&prediction, [5; 3])?, Volume::new(&truth, [5; 3])?);
    let diagrams = Diagrams::of(&prediction)?;
    for dimension in 0..3 {
        for Pair { birth, death, creator, destroyer } in diagrams.pairs(dimension)? {
            println!("H{dimension}  birth {birth}  death {death}  creator {creator}  destroyer {destroyer:?}");
        }
    }
    let (value, gradient) = loss_and_gradient(&prediction, &truth)?;
    println!("loss {value:.6}");
    for (voxel, slope) in gradient.iter().enumerate().filter(|(_, &slope)| slope != 0.0) {
        println!("voxel {voxel}  gradient {slope:.3}");
    }
    if let Err(error) = Diagrams::of(&Volume::new(&[f32::NAN; 8], [2; 3])?) {
        println!("error: {error}");
    }
    Ok(())
}
