/* The part of misuse.c that trains, predicts, and copies texts out. */

enum { SIDE = 16, CELLS = 4, PIXELS = SIDE * SIDE };

static const char *some_text(const char *const *texts, int count) {
  const char *text = texts[below(count)];
  return percent(90) ? text : NULL;
}

/* The settings of a training that takes milliseconds; now and then others, or none that can be. */
static const char *some_settings(void) {
  static const char *const bad[] = {"", "{", "{\"epochs\": -1}", "{\"colour\": 1}", "[]", "{\"epochs\": 1e999}", "\xff"};
  static const char *const good =
      "{\"base_filters\": 2, \"epochs\": 2, \"batch_size\": 2, \"topological_resolution\": 4, \"threads\": 1}";
  return percent(90) ? good : bad[below(7)];
}

/* What copies a text: where to, how much room there is, and where the length goes. */
static char *text_out;
#define TEXT percent(30) ? NULL : text_out, percent(90) ? 1 << 15 : below(99), optional(&length), some_error()

static void texts(void) {
  static const char *const tables[] = {
      "name,class,iou_error\na1,a,0.5\na2,a,0.25\na3,a,0.75\n", "name,class,iou_error\na1,a,0.5\na2,a,0.3\na3,a,0.7\n",
      "", "name\n", "name,class,iou_error\na1,a,x\n", "\xc3\x28", "name,class,iou_error\na1,a,0.5\n"};
  static const char *const names[] = {"a1", "a2", "b1", "b2", "\xff", NULL};
  static const char *cells[9];
  int64_t length;
  int32_t parts[9];
  CALL(topoloss_settings, some_settings(), TEXT);
  CALL(topoloss_compare, some_text(tables, percent(90) ? 2 : 7), some_text(tables, percent(90) ? 2 : 7),
       some_text(names, 5), percent(95) ? below(3) : 7, TEXT);
  for (int i = 0; i < 9; i++) cells[i] = names[percent(99) ? below(4) : 4 + below(2)];
  CALL(topoloss_folds, optional(cells), below(10), 3 + below(3) - below(2), draw(), needed(parts), some_error());
  for (int i = -2; i < 14; i++) of("topoloss_measure_name")->successes += topoloss_measure_name(i) != NULL;
  for (int i = -20; i < 3; i++)
    if (topoloss_status_name(i) == NULL) fail("topoloss_status_name", i, "NULL");
  static const char *const said[] = {"topoloss_measure_name", "topoloss_status_name", "topoloss_version",
                                     "topoloss_version_numbers", "topoloss_build_info"};
  topoloss_version_numbers(optional(parts), optional(parts + 1), optional(parts + 2));
  wrong = 0; /* a misaligned number is not written, and nobody is told */
  if (strlen(topoloss_version()) == 0 || strlen(topoloss_build_info()) == 0) fail("topoloss_version", 0, "empty");
  for (int i = 0; i < 5; i++) of(said[i])->calls++, of(said[i])->successes++;
}

static uint8_t *pixels; /* images, masks and objects lie in it one after the other */
static const int64_t shapes[3][4] = {{CELLS, SIDE, SIDE}, {CELLS, SIDE, SIDE}, {CELLS, 64, SIDE, SIDE}};

static void new_cells(topoloss_array *arrays, topoloss_cells *cells, int with_objects) {
  uint8_t *places[3] = {pixels, pixels + CELLS * PIXELS, pixels + 2 * CELLS * PIXELS};
  for (int i = 0; i < 3; i++) {
    int right = percent(99);
    arrays[i] = (topoloss_array){right || !(with_objects || i < 2) ? sizeof arrays[i] : size_of(sizeof arrays[i]),
                                 places[i], right ? TOPOLOSS_UINT8 : below(15), 0, i == 2 ? 4 : 3, 0, shapes[i], NULL};
    /* Other types read no further than the bytes that are there. */
    if (arrays[i].dtype > TOPOLOSS_UINT8) arrays[i].dtype = TOPOLOSS_BOOL;
  }
  *cells = (topoloss_cells){size_of(sizeof *cells), needed(&arrays[0]), needed(&arrays[1]), NULL, NULL};
  int before = wrong;
  cells->objects = needed(&arrays[2]);
  if (!with_objects) wrong = before; /* they are not read */
}

static int32_t look(const topoloss_report *report, void *context) {
  Held *one = context;
  int64_t length;
  if (report == NULL || report->struct_size != sizeof *report) fail("progress", 0, "no report");
  if (percent(20)) CALL(topoloss_training_log, one->handle, TEXT);
  if (percent(5)) { /* the training goes on to its end without its handle */
    if (topoloss_training_destroy(one->handle) != (one->alive ? TOPOLOSS_OK : TOPOLOSS_EARGUMENT))
      fail("topoloss_training_destroy", 0, "in the middle of fit");
    one->alive = 0;
  }
  return percent(5);
}

static void create(const topoloss_cells *cells, topoloss_run_options *options) {
  int64_t train[] = {0, 1}, validation[] = {percent(97) ? 2 : below(6) - 1}, test[] = {3};
  topoloss_split split = {size_of(sizeof split), needed(train), 2, needed(validation), 1, test, below(2)};
  topoloss_training *made = NULL;
  void *place = needed(&made);
  const void *given_split = needed(&split), *given_cells = needed((void *)cells);
  if (CALL(topoloss_training_create, some_settings(), given_cells, given_split, options, place, some_error()) ==
      TOPOLOSS_OK)
    keep(TRAINING, made);
}

static void train(topoloss_run_options *options, const char *path) {
  Held *one = some(TRAINING);
  int64_t length;
  topoloss_report report = {.struct_size = size_of(sizeof report)};
  int report_is_wrong = wrong, options_are_wrong = (uintptr_t)options & 1;
  wrong = 0;
  void *handle = use(one);
  int act = below(7);
  if (act < 4) wrong |= options_are_wrong;
  switch (act) {
    case 0:
    case 1: {
      topoloss_report *to = percent(20) ? NULL : percent(3) ? (wrong = 1, (void *)((char *)&report + 1)) : &report;
      if (to == &report) wrong |= report_is_wrong;
      CALL(topoloss_training_step, handle, options, to, some_error());
      break;
    }
    case 2: CALL(topoloss_training_epoch, handle, options, NULL, some_error()); break;
    case 3: {
      /* What the function of progress calls is judged in between. */
      int before = wrong, before_handle = wrong_handle;
      wrong = wrong_handle = 0;
      topoloss_status status =
          topoloss_training_fit(handle, options, percent(70) ? look : NULL, one, some_error());
      wrong = before, wrong_handle = before_handle;
      judge("topoloss_training_fit", status);
      break;
    }
    case 4: CALL(topoloss_training_save, handle, path, some_error()); break;
    case 5: CALL(topoloss_training_load, handle, percent(80) ? path : "/dev/null", some_error()); break;
    default: CALL(topoloss_training_log, handle, TEXT);
  }
  one = some(TRAINING);
  topoloss_model *made = NULL;
  handle = use(one);
  void *place = needed(&made);
  if (CALL(topoloss_training_model, handle, place, some_error()) == TOPOLOSS_OK) keep(MODEL, made);
}

static void use_model(const topoloss_cells *cells, topoloss_run_options *options, int cells_are_wrong,
                      const char *path) {
  topoloss_model *made = NULL;
  int options_are_wrong = (uintptr_t)options & 1;
  wrong = options_are_wrong;
  void *place = needed(&made);
  topoloss_status status = percent(50)
                               ? CALL(topoloss_model_create, some_settings(), options, place, some_error())
                               : CALL(topoloss_model_load, path, options, place, some_error());
  if (status == TOPOLOSS_OK) keep(MODEL, made);
  int64_t length;
  Held *one = some(MODEL);
  void *handle = use(one);
  CALL(topoloss_model_settings, handle, TEXT);
  handle = use(one);
  CALL(topoloss_model_save, handle, path, some_error());
  handle = use(one);
  wrong |= cells_are_wrong | options_are_wrong;
  static float *volumes;
  if (volumes == NULL) volumes = malloc(sizeof *volumes * CELLS * 64 * PIXELS);
  CALL(topoloss_model_predict, handle, cells, options, needed(volumes), some_error());
}

static void evaluate(topoloss_run_options *options) {
  static const int64_t shape[4] = {2, 4, 4, 4};
  topoloss_array one = {size_of(sizeof one), pixels, TOPOLOSS_UINT8, 0, 4, 0, shape, NULL}, other = one;
  static double *scores;
  if (scores == NULL) scores = malloc(2 * 12 * sizeof *scores);
  wrong |= (uintptr_t)options & 1;
  CALL(topoloss_evaluate, some_settings(), needed(&one), needed(&other), options, needed(scores), some_error());
}

static void trainer(void) {
  static char checkpoint[64], weights[64];
  if (pixels == NULL) {
    pixels = malloc(CELLS * PIXELS * 66);
    text_out = malloc(1 << 15);
    for (int i = 0; i < CELLS * PIXELS * 66; i++) pixels[i] = (i % SIDE / 4 == 1) * 255;
    snprintf(checkpoint, sizeof checkpoint, "checkpoint-%d", (int)getpid());
    snprintf(weights, sizeof weights, "weights-%d", (int)getpid());
  }
  OPTIONS(topoloss_run_options, options, (void)0);
  if (wrong) options.struct_size = sizeof options, options.cancellation = NULL, wrong = 0;
  topoloss_array arrays[3];
  static topoloss_cells cells;
  new_cells(arrays, &cells, 1);
  switch (below(4)) {
    case 0:
      wrong |= (uintptr_t)options_given & 1;
      create(&cells, options_given);
      break;
    case 1: wrong = 0, train(options_given, percent(90) ? checkpoint : NULL); break;
    case 2:
      wrong = 0;
      new_cells(arrays, &cells, 0);
      use_model(&cells, options_given, wrong, percent(90) ? weights : percent(50) ? "." : NULL);
      break;
    default: wrong = 0, evaluate(options_given);
  }
}
