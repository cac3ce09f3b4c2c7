(module
  (memory (export "memory") 1 1)
  (func $run (export "run") (param i32 i32)
    (local i32 i32 i32 i32 i32 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 i32 i32 i32 i32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32)
    local.get 0
    i32.const 0
    i32.add
    local.set 2
    i32.const 0
    local.set 3
    local.get 2
    local.set 5
    local.get 3
    local.set 6
    i32.const 0
    local.set 4
    local.get 5
    v128.load offset=160
    local.set 7
    local.get 5
    v128.load offset=176
    local.set 8
    local.get 7
    local.get 8
    i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
    local.set 9
    local.get 7
    local.get 8
    i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
    local.set 10
    local.get 5
    v128.load offset=224
    local.set 11
    local.get 5
    v128.load offset=240
    local.set 12
    local.get 11
    local.get 12
    i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
    local.set 13
    local.get 11
    local.get 12
    i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
    local.set 14
    local.get 9
    local.get 13
    f32x4.add
    local.set 15
    local.get 9
    local.get 13
    f32x4.sub
    local.set 16
    local.get 5
    v128.load offset=192
    local.set 17
    local.get 5
    v128.load offset=208
    local.set 18
    local.get 17
    local.get 18
    i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
    local.set 19
    local.get 17
    local.get 18
    i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
    local.set 20
    local.get 5
    v128.load offset=256
    local.set 21
    local.get 5
    v128.load offset=272
    local.set 22
    local.get 21
    local.get 22
    i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27
    local.set 23
    local.get 21
    local.get 22
    i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
    local.set 24
    local.get 19
    local.get 23
    f32x4.add
    local.set 25
    local.get 19
    local.get 23
    f32x4.sub
    local.set 26
    local.get 15
    local.get 25
    f32x4.add
    local.set 27
    local.get 6
    local.get 27
    v128.store offset=480
    local.get 15
    local.get 25
    f32x4.sub
    local.set 28
    local.get 6
    local.get 28
    v128.store offset=512
    local.get 20
    local.get 24
    f32x4.add
    local.set 29
    local.get 20
    local.get 24
    f32x4.sub
    local.set 30
    local.get 30
    local.get 16
    f32x4.add
    local.set 31
    local.get 6
    local.get 31
    v128.store offset=496
    local.get 16
    local.get 30
    f32x4.sub
    local.set 32
    local.get 6
    local.get 32
    v128.store offset=528
    local.get 10
    local.get 14
    f32x4.add
    local.set 33
    local.get 10
    local.get 14
    f32x4.sub
    local.set 34
    local.get 34
    local.get 26
    f32x4.sub
    local.set 35
    local.get 6
    local.get 35
    v128.store offset=560
    local.get 26
    local.get 34
    f32x4.add
    local.set 36
    local.get 6
    local.get 36
    v128.store offset=592
    local.get 33
    local.get 29
    f32x4.add
    local.set 37
    local.get 6
    local.get 37
    v128.store offset=544
    local.get 33
    local.get 29
    f32x4.sub
    local.set 38
    local.get 6
    local.get 38
    v128.store offset=576
    i32.const 0
    local.set 2
    i32.const 0
    local.set 3
    local.get 2
    local.set 5
    local.get 3
    local.set 6
    i32.const 0
    local.set 4
    local.get 6
    v128.load offset=288
    local.set 7
    local.get 5
    v128.load offset=480
    local.set 8
    local.get 5
    v128.load offset=496
    local.set 9
    local.get 5
    v128.load offset=512
    local.set 10
    local.get 5
    v128.load offset=528
    local.set 11
    local.get 8
    local.get 9
    i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
    local.set 12
    local.get 8
    local.get 9
    i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
    local.set 13
    local.get 10
    local.get 11
    i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
    local.set 14
    local.get 10
    local.get 11
    i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
    local.set 15
    local.get 12
    local.get 14
    i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
    local.set 16
    local.get 12
    local.get 14
    i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
    local.set 17
    local.get 13
    local.get 15
    i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
    local.set 18
    local.get 13
    local.get 15
    i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
    local.set 19
    local.get 7
    local.get 17
    f32x4.mul
    local.set 20
    local.get 6
    v128.load offset=304
    local.set 21
    local.get 5
    v128.load offset=544
    local.set 22
    local.get 5
    v128.load offset=560
    local.set 23
    local.get 5
    v128.load offset=576
    local.set 24
    local.get 5
    v128.load offset=592
    local.set 25
    local.get 22
    local.get 23
    i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
    local.set 26
    local.get 22
    local.get 23
    i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
    local.set 27
    local.get 24
    local.get 25
    i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
    local.set 28
    local.get 24
    local.get 25
    i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
    local.set 29
    local.get 26
    local.get 28
    i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
    local.set 30
    local.get 26
    local.get 28
    i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
    local.set 31
    local.get 27
    local.get 29
    i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
    local.set 32
    local.get 27
    local.get 29
    i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
    local.set 33
    local.get 21
    local.get 31
    f32x4.mul
    local.set 34
    local.get 17
    local.get 21
    f32x4.mul
    local.set 35
    local.get 7
    local.get 31
    f32x4.mul
    local.set 36
    local.get 36
    local.get 35
    f32x4.add
    local.set 37
    local.get 20
    local.get 34
    f32x4.sub
    local.set 38
    local.get 6
    v128.load offset=352
    local.set 39
    local.get 39
    local.get 19
    f32x4.mul
    local.set 40
    local.get 6
    v128.load offset=368
    local.set 41
    local.get 41
    local.get 33
    f32x4.mul
    local.set 42
    local.get 41
    local.get 19
    f32x4.mul
    local.set 43
    local.get 33
    local.get 39
    f32x4.mul
    local.set 44
    local.get 44
    local.get 43
    f32x4.add
    local.set 45
    local.get 37
    local.get 45
    f32x4.add
    local.set 46
    local.get 37
    local.get 45
    f32x4.sub
    local.set 47
    local.get 40
    local.get 42
    f32x4.sub
    local.set 48
    local.get 38
    local.get 48
    f32x4.add
    local.set 49
    local.get 38
    local.get 48
    f32x4.sub
    local.set 50
    local.get 6
    v128.load offset=320
    local.set 51
    local.get 51
    local.get 18
    f32x4.mul
    local.set 52
    local.get 6
    v128.load offset=336
    local.set 53
    local.get 53
    local.get 32
    f32x4.mul
    local.set 54
    local.get 18
    local.get 53
    f32x4.mul
    local.set 55
    local.get 51
    local.get 32
    f32x4.mul
    local.set 56
    local.get 56
    local.get 55
    f32x4.add
    local.set 57
    local.get 52
    local.get 54
    f32x4.sub
    local.set 58
    local.get 58
    local.get 16
    f32x4.add
    local.set 59
    local.get 16
    local.get 58
    f32x4.sub
    local.set 60
    local.get 60
    local.get 47
    f32x4.add
    local.set 61
    local.get 6
    local.get 61
    v128.store offset=624
    local.get 60
    local.get 47
    f32x4.sub
    local.set 62
    local.get 6
    local.get 62
    v128.store offset=656
    local.get 49
    local.get 59
    f32x4.add
    local.set 63
    local.get 6
    local.get 63
    v128.store offset=608
    local.get 59
    local.get 49
    f32x4.sub
    local.set 64
    local.get 6
    local.get 64
    v128.store offset=640
    local.get 57
    local.get 30
    f32x4.add
    local.set 65
    local.get 30
    local.get 57
    f32x4.sub
    local.set 66
    local.get 66
    local.get 50
    f32x4.sub
    local.set 67
    local.get 6
    local.get 67
    v128.store offset=688
    local.get 50
    local.get 66
    f32x4.add
    local.set 68
    local.get 6
    local.get 68
    v128.store offset=720
    local.get 46
    local.get 65
    f32x4.add
    local.set 69
    local.get 6
    local.get 69
    v128.store offset=672
    local.get 65
    local.get 46
    f32x4.sub
    local.set 70
    local.get 6
    local.get 70
    v128.store offset=704
    i32.const 0
    local.set 2
    i32.const 0
    local.set 3
    local.get 1
    i32.const 0
    i32.add
    local.set 4
    local.get 1
    i32.const 28
    i32.add
    local.set 5
    local.get 2
    local.set 71
    local.get 3
    local.set 72
    local.get 4
    local.set 73
    local.get 5
    local.set 74
    i32.const 0
    local.set 6
    loop
      local.get 2
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=736
      i32.add
      local.set 71
      local.get 5
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=768
      i32.add
      local.set 74
      local.get 72
      v128.load offset=608
      local.set 7
      local.get 2
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=736
      i32.add
      v128.load32_zero offset=608
      local.set 8
      local.get 2
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=740
      i32.add
      local.get 8
      v128.load32_lane offset=608 align=4 1
      local.set 8
      local.get 2
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=744
      i32.add
      local.get 8
      v128.load32_lane offset=608 align=4 2
      local.set 8
      local.get 2
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=748
      i32.add
      local.get 8
      v128.load32_lane offset=608 align=4 3
      local.set 8
      local.get 8
      local.set 9
      local.get 7
      local.get 9
      f32x4.add
      local.set 10
      local.get 7
      local.get 9
      f32x4.sub
      local.set 11
      local.get 10
      v128.const i8x16 0 0 0 63 0 0 0 63 0 0 0 63 0 0 0 63
      f32x4.mul
      local.set 12
      local.get 72
      v128.load offset=384
      local.set 13
      local.get 11
      local.get 13
      f32x4.mul
      local.set 14
      local.get 72
      v128.load offset=672
      local.set 15
      local.get 2
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=736
      i32.add
      v128.load32_zero offset=672
      local.set 16
      local.get 2
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=740
      i32.add
      local.get 16
      v128.load32_lane offset=672 align=4 1
      local.set 16
      local.get 2
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=744
      i32.add
      local.get 16
      v128.load32_lane offset=672 align=4 2
      local.set 16
      local.get 2
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=748
      i32.add
      local.get 16
      v128.load32_lane offset=672 align=4 3
      local.set 16
      local.get 16
      local.set 17
      local.get 15
      local.get 17
      f32x4.add
      local.set 18
      local.get 15
      local.get 17
      f32x4.sub
      local.set 19
      v128.const i8x16 0 0 0 63 0 0 0 63 0 0 0 63 0 0 0 63
      local.get 19
      f32x4.mul
      local.set 20
      local.get 72
      v128.load offset=432
      local.set 21
      local.get 18
      local.get 21
      f32x4.mul
      local.set 22
      local.get 18
      local.get 13
      f32x4.mul
      local.set 23
      local.get 11
      local.get 21
      f32x4.mul
      local.set 24
      local.get 23
      local.get 24
      f32x4.add
      local.set 25
      local.get 25
      local.get 20
      f32x4.add
      local.set 26
      local.get 73
      local.get 26
      v128.store offset=80
      local.get 25
      local.get 20
      f32x4.sub
      local.set 27
      local.get 27
      local.set 28
      local.get 5
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=768
      i32.add
      local.get 28
      v128.store32_lane offset=116 align=4 0
      local.get 5
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=772
      i32.add
      local.get 28
      v128.store32_lane offset=116 align=4 1
      local.get 5
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=776
      i32.add
      local.get 28
      v128.store32_lane offset=116 align=4 2
      local.get 5
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=780
      i32.add
      local.get 28
      v128.store32_lane offset=116 align=4 3
      local.get 14
      local.get 22
      f32x4.sub
      local.set 29
      local.get 12
      local.get 29
      f32x4.add
      local.set 30
      local.get 73
      local.get 30
      v128.store
      local.get 12
      local.get 29
      f32x4.sub
      local.set 31
      local.get 31
      local.set 32
      local.get 5
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=768
      i32.add
      local.get 32
      v128.store32_lane offset=36 align=4 0
      local.get 5
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=772
      i32.add
      local.get 32
      v128.store32_lane offset=36 align=4 1
      local.get 5
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=776
      i32.add
      local.get 32
      v128.store32_lane offset=36 align=4 2
      local.get 5
      local.get 6
      i32.const 2
      i32.shl
      i32.load offset=780
      i32.add
      local.get 32
      v128.store32_lane offset=36 align=4 3
      local.get 72
      i32.const 16
      i32.add
      local.set 72
      local.get 73
      i32.const 16
      i32.add
      local.set 73
      local.get 6
      i32.const 4
      i32.add
      local.tee 6
      i32.const 8
      i32.lt_u
      br_if 0
    end
    i32.const 0
    local.set 2
    i32.const 0
    local.set 3
    local.get 1
    i32.const 0
    i32.add
    local.set 4
    local.get 1
    i32.const 0
    i32.add
    local.set 5
    local.get 2
    local.set 71
    local.get 3
    local.set 72
    local.get 4
    local.set 73
    local.get 5
    local.set 74
    i32.const 0
    local.set 6
    local.get 2
    local.get 6
    i32.const 2
    i32.shl
    i32.load offset=800
    i32.add
    local.set 71
    local.get 5
    local.get 6
    i32.const 2
    i32.shl
    i32.load offset=800
    i32.add
    local.set 74
    local.get 72
    f32.load offset=640
    local.set 75
    local.get 71
    f32.load offset=640
    local.set 76
    local.get 75
    local.get 76
    f32.add
    local.set 77
    local.get 75
    local.get 76
    f32.sub
    local.set 78
    local.get 77
    f32.const 0.5
    f32.mul
    local.set 79
    local.get 72
    f32.load offset=416
    local.set 80
    local.get 78
    local.get 80
    f32.mul
    local.set 81
    local.get 72
    f32.load offset=704
    local.set 82
    local.get 71
    f32.load offset=704
    local.set 83
    local.get 82
    local.get 83
    f32.add
    local.set 84
    local.get 82
    local.get 83
    f32.sub
    local.set 85
    f32.const 0.5
    local.get 85
    f32.mul
    local.set 86
    local.get 72
    f32.load offset=464
    local.set 87
    local.get 84
    local.get 87
    f32.mul
    local.set 88
    local.get 84
    local.get 80
    f32.mul
    local.set 89
    local.get 78
    local.get 87
    f32.mul
    local.set 90
    local.get 89
    local.get 90
    f32.add
    local.set 91
    local.get 91
    local.get 86
    f32.add
    local.set 92
    local.get 73
    local.get 92
    f32.store offset=112
    local.get 91
    local.get 86
    f32.sub
    local.set 93
    local.get 74
    local.get 93
    f32.store offset=148
    local.get 81
    local.get 88
    f32.sub
    local.set 94
    local.get 79
    local.get 94
    f32.add
    local.set 95
    local.get 73
    local.get 95
    f32.store offset=32
    local.get 79
    local.get 94
    f32.sub
    local.set 96
    local.get 74
    local.get 96
    f32.store offset=68
  )
  ;; data at 288: 96 bytes
  ;; data at 384: 36 bytes
  ;; data at 432: 36 bytes
  ;; data at 736: 32 bytes
  ;; data at 768: 32 bytes
  ;; data at 800: 4 bytes
)
