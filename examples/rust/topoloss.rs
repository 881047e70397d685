// A safe door to libtopoloss for Rust 1.63 and newer: a module to copy into your program, and to extend.
//
// Errors are `Result`s, handles are freed by `Drop`, buffers are checked before the library sees them.
use std::{fmt, os::raw::c_void, ptr};

/// What is needed of topoloss.h, under its names; `tools/check-rust.sh` compares it with the header.
#[rustfmt::skip]
pub mod c {
    #![allow(dead_code, non_camel_case_types)] // some fields only the library reads
    use super::c_void;

    pub const TOPOLOSS_FLOAT32: i32 = 11;
    pub enum topoloss_diagrams {}
    #[repr(C)] pub struct topoloss_error {
        pub struct_size: usize, pub code: i32, pub system_error: i32, pub index: i64, pub message: [u8; 256],
    }
    #[repr(C)] pub struct topoloss_array {
        pub struct_size: usize, pub data: *const c_void, pub dtype: i32, pub byte_swapped: i32, pub rank: i32,
        pub reserved: i32, pub shape: *const i64, pub strides: *const i64,
    }
    #[repr(C)] pub struct topoloss_loss_options {
        pub struct_size: usize, pub filtration: i32, pub construction: i32, pub dimensions: u32,
        pub essential_classes: i32, pub order: f64, pub total_persistence: i32, pub dimension_reduction: i32,
        pub resolution: [i64; 3], pub weights: [f64; 3], pub minimum_persistence: f64, pub gradient_scale: f64,
        pub gradient_at_resolution: i32, pub gradient_is_zero: i32, pub threads: i32, pub reserved: i32,
        pub max_memory: u64, pub cancellation: *mut c_void,
        pub should_cancel: Option<unsafe extern "C" fn(*mut c_void) -> i32>, pub context: *mut c_void,
    }
    #[link(name = "topoloss")]
    extern "C" {
        pub fn topoloss_persistence_diagrams(
            array: *const topoloss_array, spatial_rank: i32, options: *const c_void,
            diagrams: *mut *mut topoloss_diagrams, error: *mut topoloss_error) -> i32;
        pub fn topoloss_diagrams_copy(
            diagrams: *const topoloss_diagrams, volume: i64, dimension: i32, points: *mut f64, voxels: *mut i64,
            capacity: i64, count: *mut i64, error: *mut topoloss_error) -> i32;
        pub fn topoloss_diagrams_destroy(diagrams: *mut topoloss_diagrams);
        pub fn topoloss_loss_options_init(options: *mut topoloss_loss_options);
        pub fn topoloss_topological_loss(
            prediction: *const topoloss_array, target: *const topoloss_array, spatial_rank: i32,
            options: *const topoloss_loss_options, values: *mut f64, terms: *mut f64, gradient: *mut c_void,
            target_gradient: *mut c_void, error: *mut topoloss_error) -> i32;
    }
}

/// Why a call failed, in the library's words.
#[derive(Debug)]
pub struct Error(pub String);
impl std::error::Error for Error {}
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes a call that fills an error when it fails.
fn check(call: impl FnOnce(&mut c::topoloss_error) -> i32) -> Result<(), Error> {
    let struct_size = std::mem::size_of::<c::topoloss_error>();
    let mut error = c::topoloss_error { struct_size, code: 0, system_error: 0, index: -1, message: [0; 256] };
    if call(&mut error) == 0 {
        return Ok(());
    }
    let text = error.message.split(|&byte| byte == 0).next().unwrap_or_default();
    Err(Error(String::from_utf8_lossy(text).into_owned()))
}

/// Voxels that somebody else owns, axes (z, y, x), the last one fastest.
pub struct Volume<'a>(&'a [f32], [i64; 3]);

impl<'a> Volume<'a> {
    pub fn new(voxels: &'a [f32], shape: [usize; 3]) -> Result<Self, Error> {
        match shape.iter().try_fold(1, |product: usize, &extent| product.checked_mul(extent)) {
            Some(count) if count == voxels.len() => Ok(Volume(voxels, shape.map(|extent| extent as i64))),
            _ => Err(Error(format!("{} voxels are not {:?}", voxels.len(), shape))),
        }
    }

    fn array(&self) -> c::topoloss_array {
        let (struct_size, data) = (std::mem::size_of::<c::topoloss_array>(), self.0.as_ptr().cast());
        let (dtype, shape, strides) = (c::TOPOLOSS_FLOAT32, self.1.as_ptr(), ptr::null());
        c::topoloss_array { struct_size, data, dtype, byte_swapped: 0, rank: 3, reserved: 0, shape, strides }
    }
}

/// A feature; one that never ends has death minus infinity and no destroyer.
#[derive(Debug)]
pub struct Pair {
    pub birth: f64,
    pub death: f64,
    pub creator: usize,
    pub destroyer: Option<usize>,
}

/// The diagrams of a volume, in the library's memory.
pub struct Diagrams(*mut c::topoloss_diagrams);
unsafe impl Send for Diagrams {} // every function may be called from any thread
impl Drop for Diagrams {
    fn drop(&mut self) {
        unsafe { c::topoloss_diagrams_destroy(self.0) }
    }
}

impl Diagrams {
    pub fn of(volume: &Volume) -> Result<Self, Error> {
        let (array, mut handle) = (volume.array(), ptr::null_mut());
        check(|error| unsafe { c::topoloss_persistence_diagrams(&array, 3, ptr::null(), &mut handle, error) })?;
        Ok(Diagrams(handle))
    }

    pub fn pairs(&self, dimension: i32) -> Result<Vec<Pair>, Error> {
        let (none, no_voxels, mut count) = (ptr::null_mut(), ptr::null_mut(), 0);
        check(|e| unsafe { c::topoloss_diagrams_copy(self.0, 0, dimension, none, no_voxels, 0, &mut count, e) })?;
        let (mut points, mut voxels) = (vec![[0.0; 2]; count as usize], vec![[0; 2]; count as usize]);
        let (into, places) = (points.as_mut_ptr().cast(), voxels.as_mut_ptr().cast());
        check(|e| unsafe { c::topoloss_diagrams_copy(self.0, 0, dimension, into, places, count, &mut count, e) })?;
        let pair = |(&[birth, death], &[creator, destroyer]): (&[f64; 2], &[i64; 2])| Pair {
            birth,
            death,
            creator: creator as usize,
            destroyer: usize::try_from(destroyer).ok(),
        };
        Ok(points.iter().zip(&voxels).map(pair).collect())
    }
}

/// The loss of the paper and its gradient, at full size and without total persistence.
pub fn loss_and_gradient(prediction: &Volume, target: &Volume) -> Result<(f64, Vec<f32>), Error> {
    let (predicted, truth) = (prediction.array(), target.array());
    let (mut value, mut gradient) = (0.0, vec![0f32; prediction.0.len()]);
    let (no_terms, slopes, none) = (ptr::null_mut(), gradient.as_mut_ptr().cast(), ptr::null_mut());
    check(|error| unsafe {
        let mut options = std::mem::zeroed();
        c::topoloss_loss_options_init(&mut options);
        options.resolution = [0; 3];
        options.total_persistence = 0;
        c::topoloss_topological_loss(&predicted, &truth, 3, &options, &mut value, no_terms, slopes, none, error)
    })?;
    Ok((value, gradient))
}
