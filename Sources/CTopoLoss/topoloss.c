/* The header is compiled as C once, so that a mistake in it is found at build time. */
#include "topoloss.h"
