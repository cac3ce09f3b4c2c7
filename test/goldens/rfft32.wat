(module
  (memory (export "memory") 1 1)
  (func $kernel0 (param i32 i32)
    (local i32 i32 i32 i32 i32 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
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
    v128.load32_zero offset=224
    local.set 7
    local.get 5
    local.get 7
    v128.load32_lane offset=232 align=4 1
    local.set 7
    local.get 5
    local.get 7
    v128.load32_lane offset=240 align=4 2
    local.set 7
    local.get 5
    local.get 7
    v128.load32_lane offset=248 align=4 3
    local.set 7
    local.get 7
    local.set 8
    local.get 6
    v128.load offset=288
    local.set 9
    local.get 8
    local.get 9
    f32x4.mul
    local.set 10
    local.get 5
    v128.load32_zero offset=228
    local.set 11
    local.get 5
    local.get 11
    v128.load32_lane offset=236 align=4 1
    local.set 11
    local.get 5
    local.get 11
    v128.load32_lane offset=244 align=4 2
    local.set 11
    local.get 5
    local.get 11
    v128.load32_lane offset=252 align=4 3
    local.set 11
    local.get 11
    local.set 12
    local.get 6
    v128.load offset=304
    local.set 13
    local.get 12
    local.get 13
    f32x4.mul
    local.set 14
    local.get 10
    local.get 14
    f32x4.sub
    local.set 15
    local.get 5
    v128.load32_zero offset=160
    local.set 16
    local.get 5
    local.get 16
    v128.load32_lane offset=168 align=4 1
    local.set 16
    local.get 5
    local.get 16
    v128.load32_lane offset=176 align=4 2
    local.set 16
    local.get 5
    local.get 16
    v128.load32_lane offset=184 align=4 3
    local.set 16
    local.get 16
    local.set 17
    local.get 15
    local.get 17
    f32x4.add
    local.set 18
    local.get 5
    v128.load32_zero offset=192
    local.set 19
    local.get 5
    local.get 19
    v128.load32_lane offset=200 align=4 1
    local.set 19
    local.get 5
    local.get 19
    v128.load32_lane offset=208 align=4 2
    local.set 19
    local.get 5
    local.get 19
    v128.load32_lane offset=216 align=4 3
    local.set 19
    local.get 19
    local.set 20
    local.get 6
    v128.load offset=288
    local.set 21
    local.get 20
    local.get 21
    f32x4.mul
    local.set 22
    local.get 5
    v128.load32_zero offset=196
    local.set 23
    local.get 5
    local.get 23
    v128.load32_lane offset=204 align=4 1
    local.set 23
    local.get 5
    local.get 23
    v128.load32_lane offset=212 align=4 2
    local.set 23
    local.get 5
    local.get 23
    v128.load32_lane offset=220 align=4 3
    local.set 23
    local.get 23
    local.set 24
    local.get 6
    v128.load offset=304
    local.set 25
    local.get 24
    local.get 25
    f32x4.mul
    local.set 26
    local.get 22
    local.get 26
    f32x4.sub
    local.set 27
    local.get 5
    v128.load32_zero offset=260
    local.set 28
    local.get 5
    local.get 28
    v128.load32_lane offset=268 align=4 1
    local.set 28
    local.get 5
    local.get 28
    v128.load32_lane offset=276 align=4 2
    local.set 28
    local.get 5
    local.get 28
    v128.load32_lane offset=284 align=4 3
    local.set 28
    local.get 28
    local.set 29
    local.get 6
    v128.load offset=304
    local.set 30
    local.get 29
    local.get 30
    f32x4.mul
    local.set 31
    local.get 5
    v128.load32_zero offset=256
    local.set 32
    local.get 5
    local.get 32
    v128.load32_lane offset=264 align=4 1
    local.set 32
    local.get 5
    local.get 32
    v128.load32_lane offset=272 align=4 2
    local.set 32
    local.get 5
    local.get 32
    v128.load32_lane offset=280 align=4 3
    local.set 32
    local.get 32
    local.set 33
    local.get 6
    v128.load offset=288
    local.set 34
    local.get 33
    local.get 34
    f32x4.mul
    local.set 35
    local.get 31
    local.get 35
    f32x4.sub
    local.set 36
    local.get 27
    local.get 36
    f32x4.sub
    local.set 37
    local.get 18
    local.get 37
    f32x4.add
    local.set 38
    local.get 13
    local.get 8
    f32x4.mul
    local.set 39
    local.get 12
    local.get 9
    f32x4.mul
    local.set 40
    local.get 39
    local.get 40
    f32x4.add
    local.set 41
    local.get 5
    v128.load32_zero offset=164
    local.set 42
    local.get 5
    local.get 42
    v128.load32_lane offset=172 align=4 1
    local.set 42
    local.get 5
    local.get 42
    v128.load32_lane offset=180 align=4 2
    local.set 42
    local.get 5
    local.get 42
    v128.load32_lane offset=188 align=4 3
    local.set 42
    local.get 42
    local.set 43
    local.get 41
    local.get 43
    f32x4.add
    local.set 44
    local.get 34
    local.get 29
    f32x4.mul
    local.set 45
    local.get 33
    local.get 30
    f32x4.mul
    local.set 46
    local.get 45
    local.get 46
    f32x4.add
    local.set 47
    local.get 20
    local.get 25
    f32x4.mul
    local.set 48
    local.get 21
    local.get 24
    f32x4.mul
    local.set 49
    local.get 48
    local.get 49
    f32x4.add
    local.set 50
    local.get 47
    local.get 50
    f32x4.add
    local.set 51
    local.get 44
    local.get 51
    f32x4.add
    local.set 52
    local.get 47
    local.get 50
    f32x4.sub
    local.set 53
    local.get 15
    local.get 17
    f32x4.sub
    local.set 54
    local.get 53
    local.get 54
    f32x4.add
    local.set 55
    local.get 55
    f32x4.neg
    local.set 56
    local.get 27
    local.get 36
    f32x4.add
    local.set 57
    local.get 41
    local.get 43
    f32x4.sub
    local.set 58
    local.get 57
    local.get 58
    f32x4.add
    local.set 59
    local.get 59
    f32x4.neg
    local.set 60
    local.get 18
    local.get 37
    f32x4.sub
    local.set 61
    local.get 44
    local.get 51
    f32x4.sub
    local.set 62
    local.get 53
    local.get 54
    f32x4.sub
    local.set 63
    local.get 57
    local.get 58
    f32x4.sub
    local.set 64
    local.get 6
    local.get 38
    v128.store offset=512
    local.get 6
    local.get 52
    v128.store offset=576
    local.get 6
    local.get 56
    v128.store offset=528
    local.get 6
    local.get 60
    v128.store offset=592
    local.get 6
    local.get 61
    v128.store offset=544
    local.get 6
    local.get 62
    v128.store offset=608
    local.get 6
    local.get 63
    v128.store offset=560
    local.get 6
    local.get 64
    v128.store offset=624
  )
  (func $kernel1 (param i32 i32)
    (local i32 i32 i32 i32 i32 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
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
    local.get 5
    v128.load32_zero offset=520
    local.set 7
    local.get 5
    local.get 7
    v128.load32_lane offset=536 align=4 1
    local.set 7
    local.get 5
    local.get 7
    v128.load32_lane offset=552 align=4 2
    local.set 7
    local.get 5
    local.get 7
    v128.load32_lane offset=568 align=4 3
    local.set 7
    local.get 7
    local.set 8
    local.get 6
    v128.load offset=320
    local.set 9
    local.get 8
    local.get 9
    f32x4.mul
    local.set 10
    local.get 5
    v128.load32_zero offset=584
    local.set 11
    local.get 5
    local.get 11
    v128.load32_lane offset=600 align=4 1
    local.set 11
    local.get 5
    local.get 11
    v128.load32_lane offset=616 align=4 2
    local.set 11
    local.get 5
    local.get 11
    v128.load32_lane offset=632 align=4 3
    local.set 11
    local.get 11
    local.set 12
    local.get 6
    v128.load offset=336
    local.set 13
    local.get 12
    local.get 13
    f32x4.mul
    local.set 14
    local.get 10
    local.get 14
    f32x4.sub
    local.set 15
    local.get 5
    v128.load32_zero offset=512
    local.set 16
    local.get 5
    local.get 16
    v128.load32_lane offset=528 align=4 1
    local.set 16
    local.get 5
    local.get 16
    v128.load32_lane offset=544 align=4 2
    local.set 16
    local.get 5
    local.get 16
    v128.load32_lane offset=560 align=4 3
    local.set 16
    local.get 16
    local.set 17
    local.get 15
    local.get 17
    f32x4.add
    local.set 18
    local.get 5
    v128.load32_zero offset=516
    local.set 19
    local.get 5
    local.get 19
    v128.load32_lane offset=532 align=4 1
    local.set 19
    local.get 5
    local.get 19
    v128.load32_lane offset=548 align=4 2
    local.set 19
    local.get 5
    local.get 19
    v128.load32_lane offset=564 align=4 3
    local.set 19
    local.get 19
    local.set 20
    local.get 6
    v128.load offset=368
    local.set 21
    local.get 20
    local.get 21
    f32x4.mul
    local.set 22
    local.get 5
    v128.load32_zero offset=580
    local.set 23
    local.get 5
    local.get 23
    v128.load32_lane offset=596 align=4 1
    local.set 23
    local.get 5
    local.get 23
    v128.load32_lane offset=612 align=4 2
    local.set 23
    local.get 5
    local.get 23
    v128.load32_lane offset=628 align=4 3
    local.set 23
    local.get 23
    local.set 24
    local.get 6
    v128.load offset=352
    local.set 25
    local.get 24
    local.get 25
    f32x4.mul
    local.set 26
    local.get 22
    local.get 26
    f32x4.sub
    local.set 27
    local.get 5
    v128.load32_zero offset=588
    local.set 28
    local.get 5
    local.get 28
    v128.load32_lane offset=604 align=4 1
    local.set 28
    local.get 5
    local.get 28
    v128.load32_lane offset=620 align=4 2
    local.set 28
    local.get 5
    local.get 28
    v128.load32_lane offset=636 align=4 3
    local.set 28
    local.get 28
    local.set 29
    local.get 6
    v128.load offset=400
    local.set 30
    local.get 29
    local.get 30
    f32x4.mul
    local.set 31
    local.get 5
    v128.load32_zero offset=524
    local.set 32
    local.get 5
    local.get 32
    v128.load32_lane offset=540 align=4 1
    local.set 32
    local.get 5
    local.get 32
    v128.load32_lane offset=556 align=4 2
    local.set 32
    local.get 5
    local.get 32
    v128.load32_lane offset=572 align=4 3
    local.set 32
    local.get 32
    local.set 33
    local.get 6
    v128.load offset=384
    local.set 34
    local.get 33
    local.get 34
    f32x4.mul
    local.set 35
    local.get 31
    local.get 35
    f32x4.sub
    local.set 36
    local.get 27
    local.get 36
    f32x4.sub
    local.set 37
    local.get 18
    local.get 37
    f32x4.add
    local.set 38
    local.get 13
    local.get 8
    f32x4.mul
    local.set 39
    local.get 12
    local.get 9
    f32x4.mul
    local.set 40
    local.get 39
    local.get 40
    f32x4.add
    local.set 41
    local.get 5
    v128.load32_zero offset=576
    local.set 42
    local.get 5
    local.get 42
    v128.load32_lane offset=592 align=4 1
    local.set 42
    local.get 5
    local.get 42
    v128.load32_lane offset=608 align=4 2
    local.set 42
    local.get 5
    local.get 42
    v128.load32_lane offset=624 align=4 3
    local.set 42
    local.get 42
    local.set 43
    local.get 41
    local.get 43
    f32x4.add
    local.set 44
    local.get 34
    local.get 29
    f32x4.mul
    local.set 45
    local.get 33
    local.get 30
    f32x4.mul
    local.set 46
    local.get 45
    local.get 46
    f32x4.add
    local.set 47
    local.get 20
    local.get 25
    f32x4.mul
    local.set 48
    local.get 21
    local.get 24
    f32x4.mul
    local.set 49
    local.get 48
    local.get 49
    f32x4.add
    local.set 50
    local.get 47
    local.get 50
    f32x4.add
    local.set 51
    local.get 44
    local.get 51
    f32x4.add
    local.set 52
    local.get 47
    local.get 50
    f32x4.sub
    local.set 53
    local.get 15
    local.get 17
    f32x4.sub
    local.set 54
    local.get 53
    local.get 54
    f32x4.add
    local.set 55
    local.get 55
    f32x4.neg
    local.set 56
    local.get 27
    local.get 36
    f32x4.add
    local.set 57
    local.get 41
    local.get 43
    f32x4.sub
    local.set 58
    local.get 57
    local.get 58
    f32x4.add
    local.set 59
    local.get 59
    f32x4.neg
    local.set 60
    local.get 18
    local.get 37
    f32x4.sub
    local.set 61
    local.get 44
    local.get 51
    f32x4.sub
    local.set 62
    local.get 53
    local.get 54
    f32x4.sub
    local.set 63
    local.get 57
    local.get 58
    f32x4.sub
    local.set 64
    local.get 6
    local.get 38
    v128.store offset=640
    local.get 6
    local.get 52
    v128.store offset=704
    local.get 6
    local.get 56
    v128.store offset=656
    local.get 6
    local.get 60
    v128.store offset=720
    local.get 6
    local.get 61
    v128.store offset=672
    local.get 6
    local.get 62
    v128.store offset=736
    local.get 6
    local.get 63
    v128.store offset=688
    local.get 6
    local.get 64
    v128.store offset=752
  )
  (func $kernel2 (param i32 i32)
    (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
    i32.const 0
    local.set 2
    i32.const 0
    local.set 3
    i32.const 0
    local.set 4
    local.get 1
    i32.const 0
    i32.add
    local.set 5
    local.get 1
    i32.const -36
    i32.add
    local.set 6
    local.get 1
    i32.const -36
    i32.add
    local.set 7
    local.get 2
    local.set 9
    local.get 3
    local.set 10
    local.get 4
    local.set 11
    local.get 5
    local.set 12
    local.get 6
    local.set 13
    local.get 7
    local.set 14
    i32.const 0
    local.set 8
    loop
      local.get 3
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=768
      i32.add
      local.set 10
      local.get 4
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=804
      i32.add
      local.set 11
      local.get 6
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=840
      i32.add
      local.set 13
      local.get 7
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=876
      i32.add
      local.set 14
      local.get 9
      v128.load offset=640
      local.set 15
      local.get 3
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=768
      i32.add
      v128.load32_zero offset=640
      local.set 16
      local.get 3
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=772
      i32.add
      local.get 16
      v128.load32_lane offset=640 align=4 1
      local.set 16
      local.get 3
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=776
      i32.add
      local.get 16
      v128.load32_lane offset=640 align=4 2
      local.set 16
      local.get 3
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=780
      i32.add
      local.get 16
      v128.load32_lane offset=640 align=4 3
      local.set 16
      local.get 16
      local.set 17
      local.get 15
      local.get 17
      f32x4.sub
      local.set 18
      local.get 9
      v128.load offset=464
      local.set 19
      local.get 18
      local.get 19
      f32x4.mul
      local.set 20
      local.get 9
      v128.load offset=704
      local.set 21
      local.get 4
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=804
      i32.add
      v128.load32_zero offset=704
      local.set 22
      local.get 4
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=808
      i32.add
      local.get 22
      v128.load32_lane offset=704 align=4 1
      local.set 22
      local.get 4
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=812
      i32.add
      local.get 22
      v128.load32_lane offset=704 align=4 2
      local.set 22
      local.get 4
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=816
      i32.add
      local.get 22
      v128.load32_lane offset=704 align=4 3
      local.set 22
      local.get 22
      local.set 23
      local.get 21
      local.get 23
      f32x4.add
      local.set 24
      local.get 9
      v128.load offset=416
      local.set 25
      local.get 24
      local.get 25
      f32x4.mul
      local.set 26
      local.get 20
      local.get 26
      f32x4.sub
      local.set 27
      local.get 15
      local.get 17
      f32x4.add
      local.set 28
      v128.const i8x16 0 0 0 63 0 0 0 63 0 0 0 63 0 0 0 63
      local.get 28
      f32x4.mul
      local.set 29
      local.get 27
      local.get 29
      f32x4.add
      local.set 30
      local.get 21
      local.get 23
      f32x4.sub
      local.set 31
      v128.const i8x16 0 0 0 63 0 0 0 63 0 0 0 63 0 0 0 63
      local.get 31
      f32x4.mul
      local.set 32
      local.get 18
      local.get 25
      f32x4.mul
      local.set 33
      local.get 24
      local.get 19
      f32x4.mul
      local.set 34
      local.get 33
      local.get 34
      f32x4.add
      local.set 35
      local.get 32
      local.get 35
      f32x4.add
      local.set 36
      local.get 29
      local.get 27
      f32x4.sub
      local.set 37
      local.get 35
      local.get 32
      f32x4.sub
      local.set 38
      local.get 12
      local.get 30
      v128.store
      local.get 12
      local.get 36
      v128.store offset=80
      local.get 37
      local.set 39
      local.get 6
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=840
      i32.add
      local.get 39
      v128.store32_lane offset=36 align=4 0
      local.get 6
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=844
      i32.add
      local.get 39
      v128.store32_lane offset=36 align=4 1
      local.get 6
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=848
      i32.add
      local.get 39
      v128.store32_lane offset=36 align=4 2
      local.get 6
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=852
      i32.add
      local.get 39
      v128.store32_lane offset=36 align=4 3
      local.get 38
      local.set 40
      local.get 7
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=876
      i32.add
      local.get 40
      v128.store32_lane offset=116 align=4 0
      local.get 7
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=880
      i32.add
      local.get 40
      v128.store32_lane offset=116 align=4 1
      local.get 7
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=884
      i32.add
      local.get 40
      v128.store32_lane offset=116 align=4 2
      local.get 7
      local.get 8
      i32.const 2
      i32.shl
      i32.load offset=888
      i32.add
      local.get 40
      v128.store32_lane offset=116 align=4 3
      local.get 9
      i32.const 16
      i32.add
      local.set 9
      local.get 12
      i32.const 16
      i32.add
      local.set 12
      local.get 8
      i32.const 4
      i32.add
      local.tee 8
      i32.const 8
      i32.lt_u
      br_if 0
    end
  )
  (func $kernel3 (param i32 i32)
    (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f32)
    i32.const 0
    local.set 2
    i32.const -32
    local.set 3
    i32.const -32
    local.set 4
    local.get 1
    i32.const 0
    i32.add
    local.set 5
    local.get 1
    i32.const -68
    i32.add
    local.set 6
    local.get 1
    i32.const -68
    i32.add
    local.set 7
    local.get 2
    local.set 9
    local.get 3
    local.set 10
    local.get 4
    local.set 11
    local.get 5
    local.set 12
    local.get 6
    local.set 13
    local.get 7
    local.set 14
    i32.const 0
    local.set 8
    local.get 3
    local.get 8
    i32.const 2
    i32.shl
    i32.load offset=912
    i32.add
    local.set 10
    local.get 4
    local.get 8
    i32.const 2
    i32.shl
    i32.load offset=916
    i32.add
    local.set 11
    local.get 6
    local.get 8
    i32.const 2
    i32.shl
    i32.load offset=920
    i32.add
    local.set 13
    local.get 7
    local.get 8
    i32.const 2
    i32.shl
    i32.load offset=924
    i32.add
    local.set 14
    local.get 9
    f32.load offset=672
    local.set 15
    local.get 10
    f32.load offset=672
    local.set 16
    local.get 15
    local.get 16
    f32.sub
    local.set 17
    local.get 9
    f32.load offset=496
    local.set 18
    local.get 17
    local.get 18
    f32.mul
    local.set 19
    local.get 9
    f32.load offset=736
    local.set 20
    local.get 11
    f32.load offset=736
    local.set 21
    local.get 20
    local.get 21
    f32.add
    local.set 22
    local.get 9
    f32.load offset=448
    local.set 23
    local.get 22
    local.get 23
    f32.mul
    local.set 24
    local.get 19
    local.get 24
    f32.sub
    local.set 25
    local.get 15
    local.get 16
    f32.add
    local.set 26
    f32.const 0.5
    local.get 26
    f32.mul
    local.set 27
    local.get 25
    local.get 27
    f32.add
    local.set 28
    local.get 20
    local.get 21
    f32.sub
    local.set 29
    f32.const 0.5
    local.get 29
    f32.mul
    local.set 30
    local.get 17
    local.get 23
    f32.mul
    local.set 31
    local.get 22
    local.get 18
    f32.mul
    local.set 32
    local.get 31
    local.get 32
    f32.add
    local.set 33
    local.get 30
    local.get 33
    f32.add
    local.set 34
    local.get 27
    local.get 25
    f32.sub
    local.set 35
    local.get 33
    local.get 30
    f32.sub
    local.set 36
    local.get 12
    local.get 28
    f32.store offset=32
    local.get 12
    local.get 34
    f32.store offset=112
    local.get 13
    local.get 35
    f32.store offset=68
    local.get 14
    local.get 36
    f32.store offset=148
  )
  (func $run (export "run") (param i32 i32)
    local.get 0
    local.get 1
    call 0
    local.get 0
    local.get 1
    call 1
    local.get 0
    local.get 1
    call 2
    local.get 0
    local.get 1
    call 3
  )
  ;; data at 288: 16 bytes
  ;; data at 304: 16 bytes
  ;; data at 320: 16 bytes
  ;; data at 336: 16 bytes
  ;; data at 352: 16 bytes
  ;; data at 368: 16 bytes
  ;; data at 384: 16 bytes
  ;; data at 400: 16 bytes
  ;; data at 416: 36 bytes
  ;; data at 464: 36 bytes
  ;; data at 768: 36 bytes
  ;; data at 804: 36 bytes
  ;; data at 840: 36 bytes
  ;; data at 876: 36 bytes
  ;; data at 912: 4 bytes
  ;; data at 916: 4 bytes
  ;; data at 920: 4 bytes
  ;; data at 924: 4 bytes
)
