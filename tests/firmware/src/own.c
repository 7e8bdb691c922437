/* The exported header in a firmware: the class of a sample, as a sensor gives it. */

#include "champion.h"

#ifdef MEASURED
int own_class(const float *values) {
  uint8_t bytes[CHAMPION_INPUTS];
  champion_normalise(values, bytes);
  return champion_classify(bytes);
}
#else
int own_class(const uint8_t *bytes) { return champion_classify(bytes); }
#endif
