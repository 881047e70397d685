"""Reports of runs of `shapr` as one HTML file, and meshes of predicted volumes.

The commands `topoloss-report` and `topoloss-mesh` import what is here; `import topoloss_swift` does not.
"""
